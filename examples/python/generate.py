"""Makes the Python stubs of the contract, into gen/ beside this file. Needs requirements.txt to be installed."""

import shutil
import sys
from pathlib import Path

from grpc_tools import protoc

here = Path(__file__).resolve().parent
proto = here.parent.parent / "proto"
gen = here / "gen"

shutil.rmtree(gen, ignore_errors=True)
gen.mkdir()
sources = sorted(str(path) for path in (proto / "kserve").rglob("*.proto"))
# The protos of google.protobuf come with grpcio-tools, but not on its search path.
well_known = Path(protoc.__file__).parent / "_proto"
sys.exit(
    protoc.main(["protoc", f"-I{proto}", f"-I{well_known}", f"--python_out={gen}", f"--grpc_python_out={gen}", *sources])
)
