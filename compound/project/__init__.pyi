from .evaluation.certify import (
    Certification as Certification,
)
from .evaluation.certify import (
    Certifier as Certifier,
)
from .retention.erase import (
    EraseReport as EraseReport,
)
from .review.items import (
    Decided as Decided,
)
from .review.items import (
    ItemRow as ItemRow,
)
from .review.items import (
    ItemView as ItemView,
)
from .review.reviews import (
    ReviewService as ReviewService,
)
from .running.run_inputs import read_item_argument as read_item_argument
from .serve.langgraph import (
    compiled_graph as compiled_graph,
)
from .serve.langgraph import (
    write_langgraph as write_langgraph,
)
from .serve.mcp_transport import (
    serve_http as serve_http,
)
from .serve.mcp_transport import (
    serve_stdio as serve_stdio,
)
from .settings.keys import (
    BATCH_KEYS as BATCH_KEYS,
)
from .settings.keys import (
    PROFILE_KEYS as PROFILE_KEYS,
)
from .settings.keys import (
    PROJECT_KEYS as PROJECT_KEYS,
)
from .settings.keys import (
    VARIABLES as VARIABLES,
)
from .settings.settings import (
    Profile as Profile,
)
from .settings.settings import (
    Settings as Settings,
)
from .settings.settings import (
    find_root as find_root,
)
from .settings.settings import (
    load_settings as load_settings,
)
from .source.formats import (
    FormatResult as FormatResult,
)
from .source.formats import (
    declared_files as declared_files,
)
from .source.formats import (
    format_files as format_files,
)
from .source.formats import (
    write_schemas as write_schemas,
)
from .source.modules import (
    ProjectModules as ProjectModules,
)
from .view.explain import (
    error_codes as error_codes,
)
from .view.explain import (
    explain as explain,
)
from .view.findings import (
    FindingFormat as FindingFormat,
)
from .view.findings import (
    show_findings as show_findings,
)
from .view.prune_report import (
    PolicyCut as PolicyCut,
)
from .view.prune_report import (
    PruneReport as PruneReport,
)
from .view.trees import (
    TraceTree as TraceTree,
)
from .view.trees import (
    ago as ago,
)
from .view.trees import (
    trace_document as trace_document,
)
from .view.trees import (
    trace_row as trace_row,
)
from .view.trees import (
    trace_tree as trace_tree,
)
from .view.views import (
    RunView as RunView,
)
from .view.views import (
    SeedReport as SeedReport,
)
from .view.views import (
    TrainView as TrainView,
)
from .work.compare import (
    GraphComparison as GraphComparison,
)
from .work.compare import (
    compare_graphs as compare_graphs,
)
from .work.project import (
    Project as Project,
)
from .work.scaffold import (
    Scaffold as Scaffold,
)
from .work.scaffold import (
    init_project as init_project,
)
