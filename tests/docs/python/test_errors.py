"""Examples: errors to catch, and findings."""


def test_errors_of_a_project() -> None:
    """errors.CompoundError, errors.ProjectError, errors.Location"""
    from compound import Project
    from compound.errors import CompoundError, Location, ProjectError

    def opened(profile: str) -> str:
        try:
            Project.open(profile=profile).close()
        except ProjectError as error:
            place: Location | None = error.where
            return f"{place or 'somewhere'}: {error.code}"
        except CompoundError as error:  # every other error of Compound
            return error.what
        return "it opens"

    assert opened("nowhere").endswith("project.unknown-profile")
    assert opened("default") == "it opens"


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

    def reject(project: Project, item: str) -> str:
        try:
            return project.reviews().decide(item, "reject", user="ben").run_status
        except ConflictError as error:  # somebody else was first
            return error.what

    with closing(Project.open()) as project:
        project.index()
        item = project.run("answer", project.example()).review_ids[0]
        project.reviews().decide(item, "approve", user="ann")
        assert "ann" in reject(project, item)


def test_findings() -> None:
    """language.Finding, language.InvalidFile"""
    from contextlib import closing

    from compound import Project
    from compound.language import Finding, InvalidFile
    from compound.spec import load_graph

    def findings(text: str) -> list[Finding]:
        try:
            load_graph(text, "graphs/mine.yaml")
        except InvalidFile as error:  # all that is wrong, each with its place
            return list(error.findings)
        return []

    with closing(Project.open()) as project:
        assert project.check([]) == []
    assert str(findings("compound: graph/v1\nname: mine\n")[0].where).startswith("graphs/mine.yaml")
