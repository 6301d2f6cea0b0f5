"""Which files of the project a stage script reaches: its imports, and the data beside them."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
EMPTY = "finerweb/__init__.py"


def reached(script: Path) -> set[str]:
    """Return the project files that a script reaches, itself included, as posix paths."""
    found: set[str] = set()
    queue = [script]
    while queue:
        path = queue.pop()
        name = path.relative_to(ROOT).as_posix()
        if name in found:
            continue
        found.add(name)
        source = path.read_text(encoding="utf-8")
        queue += [file for module in imports(source) for file in files_of(module)]
        found |= data_files(source)
    return {name for name in found if not is_empty(ROOT / name)}


def imports(source: str) -> set[str]:
    """Return the modules of finerweb that a source imports, anywhere in it."""
    modules = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return {module for module in modules if module.split(".")[0] == "finerweb"}


def files_of(module: str) -> list[Path]:
    """Return the file of a module, and of the packages it is in; none for a name inside one."""
    parts = module.split(".")
    packages = [ROOT.joinpath(*parts[:n]) / "__init__.py" for n in range(1, len(parts) + 1)]
    return [
        path for path in (*packages, ROOT.joinpath(*parts).with_suffix(".py")) if path.is_file()
    ]


def data_files(source: str) -> set[str]:
    """Return the templates, tables and folders of files that a source names."""
    templates = re.findall(r'"([\w-]+\.jinja)"', source)
    tables = re.findall(r'"resources" / "([\w.-]+)"', source)
    names = [f"finerweb/prompts/{name}" for name in templates]
    names += [f"finerweb/resources/{name}" for name in tables]
    folders = [f"finerweb/report/{name}" for name in re.findall(r'"report" / "([\w.-]+)"', source)]
    return {name for name in names if (ROOT / name).is_file()} | {
        name for name in folders if (ROOT / name).is_dir()
    }


def is_empty(path: Path) -> bool:
    """Return whether a Python file holds nothing but a docstring."""
    if path.suffix != ".py":
        return False
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return all(isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant) for n in body)
