"""Who answers: Anthropic, LangChain, the project's solvers, a script."""
