"""The exercises of the notebooks, one module for each notebook: what is asked, and what a wrong answer mistakes."""

__all__: list[str] = []
