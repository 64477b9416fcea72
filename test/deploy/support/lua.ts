import { output } from "../../peers/support/run.ts";
import { programs } from "./paths.ts";

/** Lua 5.1, the version of Argo CD, with the object as `obj`; prints what the script returns as JSON. */
const program = `
import json, sys
from lupa.lua51 import LuaRuntime
script, given = json.load(sys.stdin)
lua = LuaRuntime()
def table(value):
    if isinstance(value, dict): return lua.table_from({key: table(item) for key, item in value.items()})
    if isinstance(value, list): return lua.table_from([table(item) for item in value])
    return value
lua.globals().obj = table(given)
print(json.dumps(dict(lua.execute(script))))`;

/** Runs a health check of Argo CD on an object. */
export async function runLua(script: string, object: object): Promise<unknown> {
  return JSON.parse(await output(programs.python, ["-c", program], { stdin: JSON.stringify([script, object]) }));
}
