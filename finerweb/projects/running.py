"""Running the graph of a project."""

import os
import subprocess
import sys
from pathlib import Path


def repro(folder: Path) -> None:
    """Run `dvc repro` in a project; what it prints is seen as it comes.

    Its stages take the Python that runs this, whichever comes first on the path.

    Raises:
        OSError: it fails.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    command = [sys.executable, "-m", "dvc", "repro"]
    done = subprocess.run(command, cwd=folder, env=os.environ | {"PATH": path}, check=False)
    if done.returncode:
        raise OSError(
            f"{folder}: `dvc repro` ended with {done.returncode}; mend what it names, and run it "
            "again there: what was done is kept"
        )
