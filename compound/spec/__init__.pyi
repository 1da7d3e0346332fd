from .graph_file import GraphSpec as GraphSpec
from .graph_text import load_graph as load_graph
