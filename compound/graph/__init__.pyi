from .bridge.compiled import (
    Checkpointer as Checkpointer,
)
from .bridge.compiled import (
    Compiled as Compiled,
)
from .bridge.compiled import (
    CompoundGraph as CompoundGraph,
)
from .bridge.compiled import (
    compile_graph as compile_graph,
)
from .change.changes import (
    Change as Change,
)
from .change.diff import (
    GraphDiff as GraphDiff,
)
from .change.diff import (
    compare as compare,
)
from .change.diff import (
    policy_changes as policy_changes,
)
from .change.pauses import (
    PauseImpact as PauseImpact,
)
from .checks.check import (
    check as check,
)
from .checks.check import (
    check_file as check_file,
)
from .drawing.mermaid import (
    draw as draw,
)
from .drawing.svg import (
    draw_svg as draw_svg,
)
from .engine.cancel import (
    cancel_run as cancel_run,
)
from .engine.engine import (
    Engine as Engine,
)
from .engine.rehearsing import (
    Rehearsal as Rehearsal,
)
from .engine.rehearsing import (
    Trial as Trial,
)
from .engine.sse import (
    MEDIA_TYPE as MEDIA_TYPE,
)
from .engine.sse import (
    SSE_HEADERS as SSE_HEADERS,
)
from .engine.sse import (
    sse as sse,
)
from .planning.interface import (
    Interface as Interface,
)
from .planning.interface import (
    interface as interface,
)
from .planning.planning import (
    Plan as Plan,
)
from .planning.planning import (
    plan as plan,
)
from .planning.steps import (
    Segment as Segment,
)
from .port.catalogue import (
    Catalogue as Catalogue,
)
from .port.catalogue import (
    Shelf as Shelf,
)
from .port.catalogue import (
    Signature as Signature,
)
from .port.services import (
    EffectCall as EffectCall,
)
from .port.services import (
    EffectGate as EffectGate,
)
from .port.services import (
    Services as Services,
)
from .run.events import (
    EffectSent as EffectSent,
)
from .run.events import (
    Listener as Listener,
)
from .run.events import (
    NodeFailed as NodeFailed,
)
from .run.events import (
    NodeFinished as NodeFinished,
)
from .run.events import (
    NodeSkipped as NodeSkipped,
)
from .run.events import (
    NodeStarted as NodeStarted,
)
from .run.events import (
    ReviewOpened as ReviewOpened,
)
from .run.events import (
    RunEvent as RunEvent,
)
from .run.events import (
    RunFinished as RunFinished,
)
from .run.events import (
    RunStarted as RunStarted,
)
from .run.events import (
    Token as Token,
)
from .run.events import (
    TokensVoid as TokensVoid,
)
from .run.events import (
    event_json as event_json,
)
from .run.replay import (
    Recording as Recording,
)
from .run.result import (
    ReplayResult as ReplayResult,
)
from .run.result import (
    RunResult as RunResult,
)
from .run.result import (
    RunStatus as RunStatus,
)
from .store.kept_graphs import (
    kept_policy as kept_policy,
)
from .store.leftovers import (
    drop_checkpoints as drop_checkpoints,
)
from .store.leftovers import (
    has_checkpoint as has_checkpoint,
)
from .store.locks import (
    idle_runs as idle_runs,
)
from .store.locks import (
    place_of as place_of,
)
from .store.runs import (
    RunRecord as RunRecord,
)
from .store.runs import (
    run_record as run_record,
)
from .wiring.value_types import (
    graph_signature as graph_signature,
)
