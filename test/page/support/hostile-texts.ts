/** Texts that become something else where they are taken for markup, script, an address or a pattern. */
export const hostile = [
  "<script>globalThis.owned = 1</script>",
  "<img src=x onerror='globalThis.owned = 1'>",
  "<svg onload=globalThis.owned=1>",
  "javascript:globalThis.owned=1",
  "<a href='javascript:globalThis.owned=1'>click</a>",
  "</textarea><script>globalThis.owned=1</script>",
  "{{constructor.constructor('globalThis.owned=1')()}}",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a template that nobody must fill
  "${globalThis.owned=1}",
  "<style>@import url(http://attacker.example/x.css)</style>",
  "<link rel=stylesheet href=http://attacker.example/x.css>",
  "<iframe src=http://attacker.example/></iframe>",
  "![x](http://attacker.example/x.png)",
  "[x](javascript:globalThis.owned=1)",
  "<base href=http://attacker.example/>",
  "<meta http-equiv=refresh content='0;url=http://attacker.example/'>",
  "<form action=http://attacker.example/><button>go</button></form>",
  "\u202egnp.exe",
  "\u0000\u0001\u001b[31m",
  '"><b onmouseover=globalThis.owned=1>',
  "' onfocus=globalThis.owned=1 autofocus '",
];
/** Each of them ten times over, in other surroundings. */
export const texts = hostile.flatMap((text) => [
  ...[text, `a ${text}`, `${text} b`, `"${text}"`, `'${text}'`],
  ...[`\n${text}\n`, text.toUpperCase(), `<div>${text}</div>`, `<!--${text}-->`, `]]>${text}`],
]);
