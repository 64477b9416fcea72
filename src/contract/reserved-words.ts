/** Names that fields cannot have: programs in Java or Python could not use them. */
export const reservedWords: ReadonlySet<string> = wordsOf(
  "abstract and as assert async await boolean break byte case catch char class const continue def default del do",
  "double elif else enum except extends false final finally float for from global goto if implements import in",
  "instanceof int interface is lambda long native new nonlocal not null or package pass private protected public",
  "raise return short static strictfp super switch synchronized this throw throws transient true try void volatile",
  "while with yield",
);

/**
 * Macros of C and POSIX in lower case, which a C++ compiler replaces before it parses names, and a keyword that g++ has
 * and protoc does not know. As an accessor or a namespace they do not compile.
 */
export const macros: ReadonlySet<string> = wordsOf(
  "assert errno i386 linux major makedev minor offsetof setjmp stderr stdin stdout typeof unix",
);

/** Names that parts of a package cannot have: in some language they are a namespace, a folder or a module. */
export const reservedSegments: ReadonlySet<string> = new Set([
  ...reservedWords,
  ...macros,
  // Keywords of C++.
  ...wordsOf(
    "alignas alignof asm auto bitand bitor bool co_await co_return co_yield compl concept consteval constexpr constinit",
    "decltype delete dynamic_cast explicit export extern friend inline mutable namespace noexcept nullptr operator register",
    "reinterpret_cast requires signed sizeof static_assert static_cast struct template thread_local typedef typeid typename",
    "union unsigned using virtual wchar_t xor",
  ),
  // Namespaces that generated C++ refers to from within its own.
  ...wordsOf("absl google grpc std"),
  // Go refuses to import paths with these, or skips them.
  ...wordsOf("internal testdata vendor"),
  // Keywords of Rust.
  ...wordsOf("box become crate dyn fn gen impl let loop macro match mod move mut priv pub ref self trait type typeof"),
  ...wordsOf("unsafe unsized use where"),
  // Keywords of C# and PHP.
  ...wordsOf("array base callable checked clone declare decimal delegate die echo elseif empty enddeclare endfor"),
  ...wordsOf("endforeach endif endswitch endwhile eval event exit fixed foreach function implicit include instanceof"),
  ...wordsOf("insteadof isset iterable list lock mixed never object out override params parent print readonly require"),
  ...wordsOf("sbyte sealed stackalloc string system uint ulong unchecked unset ushort var"),
  // Keywords of Ruby and of Swift.
  ...wordsOf("alias begin defined end ensure func init module next nil redo rescue retry then undef unless until when"),
  // Windows allows no file or folder with these names.
  ...wordsOf(
    "aux com1 com2 com3 com4 com5 com6 com7 com8 com9 con lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9 nul prn",
  ),
]);

function wordsOf(...lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.flatMap((line) => line.split(" ")));
}
