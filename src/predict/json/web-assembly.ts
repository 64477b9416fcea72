/** The types of Node leave it out. */
declare const WebAssembly: {
  Module: new (binary: Uint8Array) => object;
  Instance: new (module: object) => { exports: unknown };
};

/** Makes one of the modules of `wasm/` ready, which takes a fraction of a millisecond. Each has a memory of its own. */
export function instantiate<Exports>(base64: string): Exports & { readonly memory: { readonly buffer: ArrayBuffer } } {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(base64, "base64")));
  return exports as Exports & { memory: { buffer: ArrayBuffer } };
}
