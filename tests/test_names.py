"""A name is one thing: what a package exports is never hidden by a module of its own."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

import taketurns

MODULES = list(pkgutil.walk_packages(taketurns.__path__, "taketurns."))


@pytest.mark.parametrize("package", ["taketurns", *(module.name for module in MODULES if module.ispkg)])
def test_no_package_exports_the_name_of_one_of_its_modules(package):
    found = importlib.import_module(package)
    assert not {module.name for module in pkgutil.iter_modules(found.__path__)} & set(found.__all__)


def test_a_public_name_is_not_its_module_whatever_was_imported_before():
    modules = [module.name for module in MODULES if module.name.rpartition(".")[2] in taketurns.__all__]
    assert "taketurns.notebook.progress" in modules
    script = f"import {', '.join(modules)}; from taketurns import *; import types\n"
    script += "print([name for name in taketurns.__all__ if isinstance(globals()[name], types.ModuleType)])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"
