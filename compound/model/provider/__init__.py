"""Providers: Anthropic, LangChain, the project's solvers, scripted answers."""
