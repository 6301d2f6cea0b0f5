"""How Sphinx builds the site: the pages here, and those that `docs.reference` makes before."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

# Sphinx runs this file with docs/ as its folder: the path above has to come first.
from docs.reference.pages import write_pages  # noqa: E402

write_pages(HERE.parent, HERE / "stages")

project = "finerweb"
project_copyright = "the finerweb developers"
extensions = ["myst_parser"]
# Links to headings, as GitHub names them.
myst_heading_anchors = 3
exclude_patterns = ["_build", "reference"]
html_theme = "furo"
html_title = "finerweb"
html_copy_source = False
html_show_sphinx = False
html_static_path = ["static"]
html_css_files = ["site.css"]
# A language that Pygments does not know is a warning, and so an error.
nitpicky = True
