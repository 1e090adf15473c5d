import { MICROSOFT_DOMAIN } from '../onnx/graph.ts'
import { int } from '../params/space.ts'
import { hashSeed } from '../util/rng.ts'
import { murmur3, utf8 } from './murmur.ts'
import { stringFeatures } from './strings.ts'
import { characterGrams, PAD } from './tfidf-graph.ts'
import { eachCharacterGram } from './tfidf.ts'
import type { Encoder } from './transform.ts'
import { chunksOf, joinPieces, keepPieces } from './words.ts'

interface SimilarityState {
  readonly ngramMin: number
  readonly ngramMax: number
  /** One hash function per feature. */
  readonly seeds: Int32Array
}

/** Signed hashes moved to 0 … 2³² and made a share of it. The least of no hash at all is 1. */
const NO_HASH = 2 ** 31
const shareOf = (hash: number) => (hash + 2 ** 31) / 2 ** 32

/** Chunks remembered with their hashes; a text column has few different ones. */
const MEMORY = 50_000

/**
 * Min-hash of the runs of characters in a string (Broder 1997; Cerda & Varoquaux 2022, "Encoding High-Cardinality String Categorical
 * Variables", §3.2): feature d is the least value that hash function d gives to any run of the string, as a share of all values.
 * Two strings agree in a feature with the probability of their Jaccard similarity, and a string that holds another never has the
 * greater value. Nothing is learnt, so strings never seen are encoded as well as others. Strings are taken apart as in `tfidf`
 * with `char_wb`; one without a run, and a missing one, is 1 everywhere.
 */
export const similarityEncoder: Encoder<SimilarityState> = {
  stage: 'encode',
  name: 'similarity-encoder',
  summary:
    'Strings that share runs of characters share features (min-hash), so misspelt and unseen ones stand near their kin.',
  accepts: ['categorical', 'text'],
  space: { target_dimension: int(1, 1000, 30), ngram_min: int(1, 8, 3), ngram_max: int(1, 8, 3) },
  fit: (_, { target_dimension, ngram_min, ngram_max }, { seed }) => ({
    ngramMin: Math.min(Number(ngram_min), Number(ngram_max)),
    ngramMax: Number(ngram_max),
    seeds: Int32Array.from(
      { length: Number(target_dimension) },
      (_, d) => hashSeed(seed, 'similarity-encoder', d) >>> 1,
    ),
  }),
  apply(column, state) {
    const names = Array.from(state.seeds, (_, d) => `similarity ${d + 1}`)
    return stringFeatures(column, names, similarities(state))
  },
  emit({ ngramMin, ngramMax, seeds }, graph, input) {
    const sizes = characterGrams({ ngramMin, ngramMax }, graph, input)
    const all = sizes.reduce((left, right) => joinPieces(graph, left, right))
    const whole = graph.op('RegexFullMatch', [all.texts], { pattern: `[^${PAD}]*` }, { type: 'bool' })
    const grams = keepPieces(graph, all, whole)
    const size = graph.op('Shape', [input], { end: 1 }, { type: 'int64' })
    const none = { value: { tensor: Float64Array.of(NO_HASH), dims: [1] } }
    const start = graph.op('ConstantOfShape', [size], none, { type: 'double' })
    const rows = graph.op('Unsqueeze', [grams.rows, graph.i64(1)])
    // One feature at a time: all hashes of all runs side by side would be the largest tensor of the graph by far.
    const columns = Array.from(seeds, seed => {
      const attributes = { seed, positive: 0 }
      const options = { domain: MICROSOFT_DOMAIN, type: 'int32' } as const
      const hash = graph.op('MurmurHash3', [grams.texts], attributes, options)
      graph.declare(hash, [`${hash.name} grams`])
      const least = graph.op('ScatterND', [start, rows, graph.cast(hash, 'double')], { reduction: 'min' })
      return graph.op('Unsqueeze', [least, graph.i64(1)])
    })
    const least = graph.op('Concat', columns, { axis: 1 })
    const moved = graph.op('Add', [least, graph.f64(2 ** 31)])
    return graph.cast(graph.op('Div', [moved, graph.f64(2 ** 32)]), 'float')
  },
}

/** The least hashes of a string, as shares. */
function similarities(state: SimilarityState): (text: string) => Float64Array {
  const nothing = new Float64Array(state.seeds.length).fill(NO_HASH)
  let known = new Map<string, Float64Array>()
  const ofChunk = (chunk: string): Float64Array => {
    const found = known.get(chunk)
    if (found) return found
    const least = nothing.slice()
    eachCharacterGram(chunk, state.ngramMin, state.ngramMax, gram => {
      const bytes = utf8(gram)
      for (let d = 0; d < least.length; d++) {
        const hash = murmur3(bytes, state.seeds[d]!)
        if (hash < least[d]!) least[d] = hash
      }
    })
    if (known.size >= MEMORY) known = new Map()
    known.set(chunk, least)
    return least
  }
  return text => {
    const least = nothing.slice()
    for (const chunk of chunksOf(text)) {
      const hashes = ofChunk(chunk)
      for (let d = 0; d < least.length; d++) if (hashes[d]! < least[d]!) least[d] = hashes[d]!
    }
    return least.map(shareOf)
  }
}
