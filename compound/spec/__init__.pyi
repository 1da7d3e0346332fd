from .graph_file import (
    GraphSpec as GraphSpec,
)
from .graph_text import (
    ParsedGraph as ParsedGraph,
)
from .graph_text import (
    build_graph as build_graph,
)
from .graph_text import (
    load_graph as load_graph,
)
from .graph_text import (
    parse_graph as parse_graph,
)
from .yaml.reading import (
    SourceMap as SourceMap,
)
from .yaml.reading import (
    YamlDocument as YamlDocument,
)
from .yaml.reading import (
    read_yaml as read_yaml,
)
from .yaml.reading import (
    read_yaml_file as read_yaml_file,
)
