"""Run, resume, replay, redraft and stream a graph."""
