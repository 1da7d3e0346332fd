"""A graph as a picture: boxes and arrows, their layout, Mermaid and SVG."""
