import type { Graph, Tensor } from '../onnx/graph.ts'

/**
 * How text becomes words, in a way that standard ONNX operators can follow exactly: ASCII letters are lowered, words are what
 * stands between white space and the delimiters below, and a word has at least two characters.
 */
const ASCII_DELIMITERS = [...'!"#$%&\'()*+,-./:;<=>?@[\\]^`{|}~']
/** No-break space, dashes, quotes, dots, inverted marks; ideographic and full-width stops. */
const WIDE_DELIMITERS = [
  ...'\u00a0\u00a1\u00ab\u00b7\u00bb\u00bf\u2013\u2014\u2018\u2019\u201c\u201d\u201e\u2022\u2026\u3001\u3002\uff01\uff0c\uff1f',
]
const OTHER_SPACE = ['\t', '\n', '\r', '\v', '\f']
export const WHITE_SPACE = [' ', ...OTHER_SPACE]

const inClass = (characters: readonly string[]) =>
  characters.map(character => `\\x{${character.codePointAt(0)!.toString(16)}}`).join('')
const WORD_BREAK = new RegExp(
  `[${inClass([...WHITE_SPACE, ...ASCII_DELIMITERS, ...WIDE_DELIMITERS]).replace(/\\x\{/g, '\\u{')}]+`,
  'u',
)
const SPACE_BREAK = /[ \t\n\r\v\f]+/

/** ASCII letters lowered, all others as they are: the one rule that is the same on every platform. */
export const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, letters => letters.toLowerCase())

/** The words of a text, in order. */
export const wordsOf = (text: string): string[] =>
  lowerAscii(text)
    .split(WORD_BREAK)
    .filter(word => word.length > 1 && (word.length > 2 || [...word].length > 1))

/** What stands between white space, lowered. */
export const chunksOf = (text: string): string[] =>
  lowerAscii(text)
    .split(SPACE_BREAK)
    .filter(chunk => chunk !== '')

/** Pieces of the texts of a column: strings `[T]` and the row of each, int64 `[T]`. */
export interface Pieces {
  readonly texts: Tensor
  readonly rows: Tensor
}

/** The pieces for which `keep` (bool `[T]`) holds. */
export function keepPieces(graph: Graph, { texts, rows }: Pieces, keep: Tensor): Pieces {
  // Compress is written as NonZero + Gather because strings have no Compress everywhere.
  const places = graph.op('Reshape', [graph.op('NonZero', [keep], {}, { type: 'int64' }), graph.i64(-1)])
  return {
    texts: graph.op('Gather', [texts, places], { axis: 0 }),
    rows: graph.op('Gather', [rows, places], { axis: 0 }),
  }
}

/**
 * Cuts every piece at a delimiter; empty pieces go:
 *
 *     'a.b', 'c'  →  | a b |  →  places of what is not empty: (0, 0) (0, 1) (1, 0)  →  'a', 'b', 'c'
 *                    | c   |
 */
function cut(graph: Graph, { texts, rows }: Pieces, delimiter: string): Pieces {
  const [parts] = graph.ops('StringSplit', [texts], 2, { delimiter }, { types: ['string', 'int64'] })
  const empty = graph.op('Equal', [parts!, graph.constant([''], [1])], {}, { type: 'bool' })
  const places = graph.op('NonZero', [graph.op('Not', [empty])], {}, { type: 'int64' }) // [2, pieces]
  const pieces = graph.op('Gather', [places, graph.constant(BigInt64Array.of(0n), [])], { axis: 0 })
  return {
    texts: graph.op('GatherND', [parts!, graph.op('Transpose', [places])]),
    rows: graph.op('Gather', [rows, pieces], { axis: 0 }),
  }
}

/** Cuts at every delimiter, in order. */
export const cutAll = (graph: Graph, pieces: Pieces, delimiters: readonly string[]): Pieces =>
  delimiters.reduce((left, delimiter) => cut(graph, left, delimiter), pieces)

/** Whether each string matches as a whole: bool of the same shape. */
export const fullMatch = (graph: Graph, texts: Tensor, pattern: string): Tensor =>
  graph.op('RegexFullMatch', [texts], { pattern }, { type: 'bool' })

/**
 * A raw column `[N, 1]` of strings as one piece per row, and one empty piece more: some operators take no empty tensor, so a
 * table without rows must not reach them. Cutting drops it again.
 */
export function emitRows(graph: Graph, input: Tensor): Pieces {
  const given = graph.op('Reshape', [input, graph.i64(-1)])
  const texts = graph.op('Concat', [given, graph.constant([''], [1])], { axis: 0 })
  const size = graph.op('Shape', [texts], {}, { type: 'int64' })
  const count = graph.op('Squeeze', [size, graph.i64(0)])
  const zero = graph.constant(BigInt64Array.of(0n), [])
  const one = graph.constant(BigInt64Array.of(1n), [])
  return { texts, rows: graph.op('Range', [zero, count, one]) }
}

/**
 * Pieces whose text holds a delimiter are cut by `body`, which is given `plain` (bool `[T]`: holds none). Most texts hold none of
 * most delimiters, so the many steps stand in a branch: they run only when needed, and a session opens faster, since what the
 * runtime does for a graph grows with the square of its nodes.
 */
function cutIfAny(
  graph: Graph,
  pieces: Pieces,
  delimiters: readonly string[],
  body: (graph: Graph, pieces: Pieces, plain: Tensor) => Pieces,
): Pieces {
  const plain = fullMatch(graph, pieces.texts, `[^${inClass(delimiters)}]*`)
  const others = graph.op('NonZero', [graph.op('Not', [plain])], {}, { type: 'int64' })
  const count = graph.op('Shape', [others], { start: 1 }, { type: 'int64' })
  const any = graph.op('Greater', [count, graph.i64(0)], {}, { type: 'bool' })
  const branch = (name: string, make: (inner: Graph) => Pieces) => {
    const inner = graph.subgraph(name)
    const { texts, rows } = make(inner)
    inner.result(texts, 1)
    inner.result(rows, 1)
    return inner
  }
  const attributes = {
    then_branch: branch('cut', inner => body(inner, pieces, plain)),
    else_branch: branch('whole', () => pieces),
  }
  const [texts, rows] = graph.ops('If', [any], 2, attributes, { types: ['string', 'int64'] })
  return { texts: texts!, rows: rows! }
}

/** Graph of `chunksOf` for a raw column `[N, 1]` of strings; made once per column. */
export const emitChunks = (graph: Graph, input: Tensor): Pieces =>
  graph.once(`chunks of ${input.name}`, () => chunkGraph(graph, input))

function chunkGraph(graph: Graph, input: Tensor): Pieces {
  const { texts, rows } = emitRows(graph, input)
  const lowered = graph.op('StringNormalizer', [texts], {
    case_change_action: 'LOWER',
    is_case_sensitive: 1,
    locale: 'C',
  })
  const parts = cut(graph, { texts: lowered, rows }, ' ')
  return cutIfAny(graph, parts, OTHER_SPACE, (inner, pieces) => cutAll(inner, pieces, OTHER_SPACE))
}

/**
 * Graph of `wordsOf`, made once per column. Only the chunks that are no plain words are cut further (`ordered` keeps the order of
 * words, for n-grams, by cutting all of them).
 */
export const emitWords = (graph: Graph, input: Tensor, { ordered }: { readonly ordered: boolean }): Pieces =>
  graph.once(`${ordered ? 'ordered ' : ''}words of ${input.name}`, () => {
    const delimiters = [WIDE_DELIMITERS, ASCII_DELIMITERS]
    const words = delimiters.reduce(
      (left, list) =>
        cutIfAny(graph, left, list, (inner, pieces, plain) =>
          ordered ? cutAll(inner, pieces, list) : cutOthers(inner, pieces, plain, list),
        ),
      emitChunks(graph, input),
    )
    return keepPieces(graph, words, fullMatch(graph, words.texts, '(?s)..+'))
  })

/** The plain pieces, then what the others are cut into. */
function cutOthers(graph: Graph, pieces: Pieces, plain: Tensor, delimiters: readonly string[]): Pieces {
  const others = keepPieces(graph, pieces, graph.op('Not', [plain]))
  return joinPieces(graph, keepPieces(graph, pieces, plain), cutAll(graph, others, delimiters))
}

/** Both, one after the other. */
export const joinPieces = (graph: Graph, a: Pieces, b: Pieces): Pieces => ({
  texts: graph.op('Concat', [a.texts, b.texts], { axis: 0 }),
  rows: graph.op('Concat', [a.rows, b.rows], { axis: 0 }),
})
