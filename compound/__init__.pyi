from .effect import (
    effect as effect,
)
from .errors import (
    CompoundError as CompoundError,
)
from .errors import (
    DataError as DataError,
)
from .errors import (
    EffectRefused as EffectRefused,
)
from .errors import (
    ProjectError as ProjectError,
)
from .evaluation import (
    Case as Case,
)
from .evaluation import (
    CaseResult as CaseResult,
)
from .evaluation import (
    CaseSet as CaseSet,
)
from .evaluation import (
    Score as Score,
)
from .evaluation import (
    SuiteContext as SuiteContext,
)
from .model import (
    Abstain as Abstain,
)
from .model import (
    solver as solver,
)
from .plugins import (
    Setup as Setup,
)
from .project import (
    Project as Project,
)
from .retrieval import (
    Document as Document,
)
from .spec.python.builder import (
    Graph as Graph,
)
from .spec.python.source import (
    to_python as to_python,
)
from .spec.python.values import (
    first as first,
)
from .spec.python.values import (
    is_in as is_in,
)
from .spec.python.values import (
    length as length,
)
from .spec.python.values import (
    maybe as maybe,
)
from .tool import (
    Verdict as Verdict,
)
from .tool import (
    check as check,
)
from .tool import (
    tool as tool,
)

__version__: str
