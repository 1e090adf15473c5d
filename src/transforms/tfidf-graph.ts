import type { Graph, Tensor } from '../onnx/graph.ts'
import { MICROSOFT_DOMAIN, ML_DOMAIN } from '../onnx/graph.ts'
import type { TfidfState } from './tfidf.ts'
import type { Pieces } from './words.ts'
import { emitChunks, emitWords, joinPieces, keepPieces } from './words.ts'

/** Stands where a chunk has no more characters; no term can hold it. */
export const PAD = '\u0000'

/** How often each term stands in each row: float `[N, terms]`. */
export function emitTermCounts(state: TfidfState, graph: Graph, input: Tensor): Tensor {
  const grams =
    state.analyzer === 'word' ? wordGrams(state, graph, input) : characterGrams(state, graph, input)
  const parts = grams.map(gram => knownTerms(state, graph, gram))
  const join = (name: 'rows' | 'texts') =>
    parts.length === 1
      ? parts[0]![name]
      : graph.op(
          'Concat',
          parts.map(part => part[name]),
          { axis: 0 },
        )
  // Pairs (row, term) one by one added into a table of zeros.
  const column = (tensor: Tensor) => graph.op('Unsqueeze', [tensor, graph.i64(1)])
  const places = graph.op('Concat', [column(join('rows')), column(join('texts'))], { axis: 1 })
  const size = graph.op('Shape', [input], { end: 1 }, { type: 'int64' })
  const shape = graph.op('Concat', [size, graph.i64(state.terms.length)], { axis: 0 })
  const zeros = graph.op(
    'ConstantOfShape',
    [shape],
    { value: { tensor: Float32Array.of(0), dims: [1] } },
    { type: 'float' },
  )
  const many = graph.op('Shape', [join('rows')], {}, { type: 'int64' })
  const ones = graph.op('Expand', [graph.constant(Float32Array.of(1), [1]), many])
  return graph.op('ScatterND', [zeros, places, ones], { reduction: 'add' })
}

/** Pieces that are terms; their texts become term numbers. */
function knownTerms({ terms }: TfidfState, graph: Graph, { texts, rows }: Pieces): Pieces {
  const numbers = graph.op(
    'LabelEncoder',
    [texts],
    { keys_strings: { strings: terms }, values_int64s: { ints: terms.map((_, i) => i) }, default_int64: -1 },
    { domain: ML_DOMAIN, type: 'int64' },
  )
  const known = graph.op('GreaterOrEqual', [numbers, graph.i64(0)], {}, { type: 'bool' })
  return keepPieces(graph, { texts: numbers, rows }, known)
}

/** All but the last, or first, `count` entries along the last axis. */
const trim = (graph: Graph, tensor: Tensor, axis: number, start: number, stop: number): Tensor =>
  graph.op('Slice', [tensor, graph.i64(start), graph.i64(stop === 0 ? 2 ** 31 - 1 : -stop), graph.i64(axis)])

function wordGrams({ ngramMin, ngramMax }: TfidfState, graph: Graph, input: Tensor): Pieces[] {
  const words = emitWords(graph, input, { ordered: ngramMax > 1 })
  const grams: Pieces[] = ngramMin === 1 ? [words] : []
  let run = words.texts // runs of `size` words from each place on
  for (let size = 2; size <= ngramMax; size++) {
    const next = trim(graph, words.texts, 0, size - 1, 0)
    const blank = graph.op('StringConcat', [trim(graph, run, 0, 0, 1), graph.constant([' '], [1])])
    run = graph.op('StringConcat', [blank, next])
    if (size < ngramMin) continue
    const first = trim(graph, words.rows, 0, 0, size - 1)
    const last = trim(graph, words.rows, 0, size - 1, 0)
    const sameRow = graph.op('Equal', [first, last], {}, { type: 'bool' })
    grams.push(keepPieces(graph, { texts: run, rows: first }, sameRow))
  }
  return grams
}

/**
 * Runs of characters of each size; those that reach over the end of a chunk hold PAD. No standard operator takes a string apart
 * into characters: this step needs onnxruntime's own.
 */
export function characterGrams(
  { ngramMin, ngramMax }: Pick<TfidfState, 'ngramMin' | 'ngramMax'>,
  graph: Graph,
  input: Tensor,
): Pieces[] {
  const chunks = emitChunks(graph, input)
  const blank = graph.constant([' '], [1])
  const padded = graph.op('StringConcat', [graph.op('StringConcat', [blank, chunks.texts]), blank])
  // A last chunk of one PAD keeps the tokenizer's result in its shape when there is no chunk at all.
  const never = { texts: graph.constant([PAD], [1]), rows: graph.i64(0) }
  const all = joinPieces(graph, { texts: padded, rows: chunks.rows }, never)
  const characters = graph.op(
    'Tokenizer',
    [all.texts],
    { mark: 0, mincharnum: 1, pad_value: PAD, tokenexp: '(?s).' },
    { domain: MICROSOFT_DOMAIN },
  )
  graph.declare(characters, [`${characters.name} chunks`, `${characters.name} length`])
  const grams: Pieces[] = []
  let run = characters
  for (let size = 1; size <= ngramMax; size++) {
    if (size > 1) {
      const next = trim(graph, characters, 1, size - 1, 0)
      run = graph.op('StringConcat', [trim(graph, run, 1, 0, 1), next])
    }
    if (size < ngramMin) continue
    const shape = graph.op('Shape', [run], {}, { type: 'int64' })
    const rows = graph.op('Expand', [graph.op('Unsqueeze', [all.rows, graph.i64(1)]), shape])
    grams.push({
      texts: graph.op('Reshape', [run, graph.i64(-1)]),
      rows: graph.op('Reshape', [rows, graph.i64(-1)]),
    })
  }
  return grams
}
