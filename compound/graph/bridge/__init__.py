"""A graph as a langgraph `CompiledStateGraph`."""
