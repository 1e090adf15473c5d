import type { Column } from '../data/dataset.ts'
import type { SparseFeature } from '../data/features.ts'
import type { Graph, Tensor } from '../onnx/graph.ts'
import type { Params } from '../params/space.ts'
import { choice, float, int } from '../params/space.ts'
import { byCodeUnit, rowCount } from './levels.ts'
import { graphCategories, textAt } from './strings.ts'
import { emitTermCounts } from './tfidf-graph.ts'
import type { Encoder } from './transform.ts'
import { chunksOf, wordsOf } from './words.ts'

export interface TfidfState {
  readonly analyzer: 'word' | 'char_wb'
  readonly ngramMin: number
  readonly ngramMax: number
  /** Ascending. */
  readonly terms: readonly string[]
  /** One per term. */
  readonly idf: Float64Array
}

const space = {
  analyzer: choice(['word', 'char_wb']),
  /** Most terms kept, by number of occurrences. */
  max_features: int(1, 100_000, 1000),
  /** Fewest and most rows a term may stand in: counts, or shares of the rows when ≤ 1 (1 alone is a count for `min_df`). */
  min_df: float(0, 1e9, 2),
  max_df: float(0, 1e9, 1),
  ngram_min: int(1, 8, 1),
  ngram_max: int(1, 8, 1),
  /** Whether one more row is thought to hold every term. */
  smooth_idf: choice([true, false]),
}

/**
 * Term frequency times inverse document frequency, rows scaled to length 1:
 * value(term, row) = count · idf(term) / ‖row‖, idf = ln((1 + rows) / (1 + rows with the term)) + 1; without the ones inside the
 * logarithm when it is not smoothed.
 */
export const tfidf: Encoder<TfidfState> = {
  stage: 'encode',
  name: 'tfidf',
  summary: 'One feature per frequent word (or run of characters) of a text: TF-IDF, rows of length 1.',
  accepts: ['text', 'categorical'],
  space,
  fit(column, params) {
    const shape = {
      analyzer: params.analyzer === 'word' ? ('word' as const) : ('char_wb' as const),
      ngramMin: Math.min(Number(params.ngram_min), Number(params.ngram_max)),
      ngramMax: Number(params.ngram_max),
    }
    const rows = rowCount(column)
    const total = new Map<string, number>()
    const documents = new Map<string, number>()
    eachDocument(column, shape, counts => {
      for (const [term, count] of counts) {
        total.set(term, (total.get(term) ?? 0) + count)
        documents.set(term, (documents.get(term) ?? 0) + 1)
      }
    })
    const terms = chooseTerms(total, documents, rows, params)
    const more = params.smooth_idf === false ? 0 : 1
    return {
      ...shape,
      terms,
      idf: Float64Array.from(terms, term => Math.log((more + rows) / (more + documents.get(term)!)) + 1),
    }
  },
  apply(column, state) {
    const index = new Map(state.terms.map((term, i) => [term, i]))
    const lists = state.terms.map((): { rows: number[]; values: number[] } => ({ rows: [], values: [] }))
    eachDocument(column, state, (counts, row) => {
      const found: [term: number, value: number][] = []
      let squares = 0
      for (const [term, count] of counts) {
        const i = index.get(term)
        if (i === undefined) continue
        const value = count * state.idf[i]!
        squares += value * value
        found.push([i, value])
      }
      const length = Math.sqrt(squares)
      for (const [i, value] of found) {
        lists[i]!.rows.push(row)
        lists[i]!.values.push(value / length)
      }
    })
    return lists.map(({ rows, values }, i): SparseFeature => ({
      kind: 'sparse',
      name: `${column.name}~${state.terms[i]!}`,
      index: Int32Array.from(rows),
      values: Float32Array.from(values),
    }))
  },
  emit: (state, graph, input) => tfidf.emitTogether!([state], graph, input)[0],
  emitTogether(states, graph, input) {
    const alike = (a: TfidfState, b: TfidfState) =>
      a.analyzer === b.analyzer && a.ngramMin === b.ngramMin && a.ngramMax === b.ngramMax
    const kinds = states.filter((state, i) => states.findIndex(other => alike(other, state)) === i)
    const counts = kinds.map(kind => {
      const terms = [...new Set(states.filter(state => alike(state, kind)).flatMap(state => state.terms))]
      const all = { ...kind, terms: terms.sort(byCodeUnit) }
      return { all, counts: all.terms.length > 0 ? emitTermCounts(all, graph, input) : undefined }
    })
    return states.map(state => {
      if (state.terms.length === 0) return undefined
      const { all, counts: table } = counts[kinds.findIndex(kind => alike(kind, state))]!
      return emitWeights(state, graph, ownCounts(state, all.terms, graph, table!))
    })
  },
}

/** The columns of a table of term counts that are terms of one member. */
function ownCounts({ terms }: TfidfState, all: readonly string[], graph: Graph, counts: Tensor): Tensor {
  if (terms.length === all.length) return counts
  const place = new Map(all.map((term, i) => [term, i]))
  return graph.op('Gather', [counts, graph.i64(...terms.map(term => place.get(term)!))], { axis: 1 })
}

/** Counts, weighted and scaled to rows of length 1: float `[N, terms]`. */
function emitWeights(state: TfidfState, graph: Graph, counts: Tensor): Tensor {
  const weights = graph.constant(state.idf, [1, state.terms.length])
  const weighted = graph.op('Mul', [graph.cast(counts, 'double'), weights])
  const squares = graph.op('ReduceSumSquare', [weighted, graph.i64(1)], { keepdims: 1 })
  // A row without a known term is 0 / 1 instead of 0 / 0.
  const empty = graph.op('Equal', [squares, graph.f64(0)], {}, { type: 'bool' })
  const length = graph.op('Where', [empty, graph.f64(1), graph.op('Sqrt', [squares])], {}, { type: 'double' })
  return graph.cast(graph.op('Div', [weighted, length]), 'float')
}

type Shape = Pick<TfidfState, 'analyzer' | 'ngramMin' | 'ngramMax'>

/** Calls `visit` with the term counts of every row that has any. A categorical column is analysed once per category. */
function eachDocument(
  column: Column,
  shape: Shape,
  visit: (counts: ReadonlyMap<string, number>, row: number) => void,
): void {
  if (column.kind === 'categorical') {
    const perCategory = graphCategories(column).map(category => countTerms(category, shape))
    for (let row = 0; row < column.codes.length; row++) {
      const counts = perCategory[column.codes[row]!]
      if (counts?.size) visit(counts, row)
    }
    return
  }
  if (column.kind !== 'text') throw new Error(`column "${column.name}" is ${column.kind}: expected text`)
  for (let row = 0; row < column.missing.length; row++) {
    const counts = countTerms(textAt(column, row), shape)
    if (counts.size) visit(counts, row)
  }
}

function countTerms(text: string, { analyzer, ngramMin, ngramMax }: Shape): Map<string, number> {
  const counts = new Map<string, number>()
  const add = (term: string) => counts.set(term, (counts.get(term) ?? 0) + 1)
  if (analyzer === 'word') {
    eachNgram(wordsOf(text), ngramMin, ngramMax, words => add(words.join(' ')))
  } else {
    for (const chunk of chunksOf(text)) eachCharacterGram(chunk, ngramMin, ngramMax, add)
  }
  return counts
}

/** Runs of characters of a chunk with a blank at both ends, so that beginnings and endings count. */
export function eachCharacterGram(
  chunk: string,
  min: number,
  max: number,
  visit: (run: string) => void,
): void {
  eachNgram([' ', ...chunk, ' '], min, max, run => visit(run.join('')))
}

function eachNgram(parts: readonly string[], min: number, max: number, visit: (run: string[]) => void): void {
  for (let size = min; size <= max; size++) {
    for (let start = 0; start + size <= parts.length; start++) visit(parts.slice(start, start + size))
  }
}

function chooseTerms(
  total: ReadonlyMap<string, number>,
  documents: ReadonlyMap<string, number>,
  rows: number,
  params: Params,
): string[] {
  const minDf = Number(params.min_df)
  const maxDf = Number(params.max_df)
  const fewest = minDf < 1 ? minDf * rows : minDf
  const most = maxDf <= 1 ? maxDf * rows : maxDf
  return [...total.keys()]
    .filter(term => documents.get(term)! >= fewest && documents.get(term)! <= most)
    .sort((a, b) => total.get(b)! - total.get(a)! || byCodeUnit(a, b))
    .slice(0, Number(params.max_features))
    .sort(byCodeUnit)
}
