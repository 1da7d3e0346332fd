"""Examples: errors to catch, and findings."""


def test_errors_of_a_project() -> None:
    """errors.CompoundError, errors.ProjectError, errors.Location"""
    from compound import Project
    from compound.errors import CompoundError, Location, ProjectError

    try:
        Project.open(profile="nowhere")
    except ProjectError as error:
        place: Location | None = error.where
        assert error.code == "project.unknown-profile"
        assert error.fix
        assert isinstance(error, CompoundError)
        assert place is None or place.file == "pyproject.toml"


def test_errors_of_input() -> None:
    """errors.DataError, errors.RunError, errors.NodeError, errors.ModelError, errors.ConnectorError"""
    from contextlib import closing

    from compound import Project
    from compound.errors import ConnectorError, DataError, ModelError, NodeError, RunError

    def ask(project: Project, question: str) -> str:
        try:
            return str(project.run("answer", {"id": "Q-1", "question": question}).output)
        except DataError as error:  # the input is not what the graph declares
            return f"cannot read it: {error.what}"
        except (ModelError, ConnectorError) as error:  # a service did not answer
            return f"try again later: {error.code}"
        except NodeError as error:
            return f"{error.node} failed in run {error.run_id}"
        except RunError as error:
            return error.what

    with closing(Project.open()) as project:
        project.index()
        assert ask(project, "Where are the hoses?") == "None"  # it waits for a person


def test_two_people_decide() -> None:
    """errors.ConflictError"""
    from contextlib import closing

    from compound import Project
    from compound.errors import ConflictError

    with closing(Project.open()) as project:
        project.index()
        item = project.run("answer", project.example()).item_ids[0]
        project.reviews().decide(item, "approve", user="ann")
        try:
            project.reviews().decide(item, "reject", user="ben")
        except ConflictError as error:
            assert "ann" in error.what


def test_findings() -> None:
    """language.Finding, language.InvalidFile"""
    from contextlib import closing

    from compound import Project
    from compound.language import Finding, InvalidFile
    from compound.spec import load_graph

    with closing(Project.open()) as project:
        findings: list[Finding] = project.check([])
        assert findings == []
    try:
        load_graph("compound: graph/v1\nname: empty\n", "graphs/empty.yaml")
    except InvalidFile as error:
        assert error.findings[0].where.file == "graphs/empty.yaml"
