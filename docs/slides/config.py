"""How nbconvert makes slides of a notebook, for `make slides`. reveal.js comes in the package sphinx-revealjs."""

from importlib.util import find_spec
from pathlib import Path

here = Path(__file__).parent
reveal = Path(find_spec("sphinx_revealjs").origin).parent / "_static" / "revealjs"

c = get_config()  # noqa: F821  (traitlets puts it here)
c.NbConvertApp.export_format = "slides"
c.NbConvertApp.log_level = "WARN"
c.TemplateExporter.exclude_input_prompt = c.TemplateExporter.exclude_output_prompt = True
c.TemplateExporter.extra_template_basedirs = [str(here.parent)]
c.TemplateExporter.extra_template_paths = [str(reveal)]
c.TemplateExporter.template_name = here.name
