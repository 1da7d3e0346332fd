"""Examples: the pages of a project inside an application of one's own."""


def test_pages() -> None:
    """web.create_app"""
    from contextlib import closing

    from fastapi.testclient import TestClient

    from compound import Project
    from compound.web import create_app

    with closing(Project.open()) as project:
        app = create_app(project, hosts=["support.example.com"])
        caller = TestClient(app, base_url="https://support.example.com")
        assert caller.get("/health").json() == {"status": "ok"}
