import type { DenseFeature, Feature, Features } from '../data/features.ts'
import type { Graph, Tensor } from '../onnx/graph.ts'
import { choice, int, logFloat } from '../params/space.ts'
import { createRng, hashSeed } from '../util/rng.ts'
import { emitScaled, scaleValue } from './scaling.ts'
import { isQuantity, robustSpread } from './spread.ts'
import type { FeatureTransform } from './transform.ts'

interface PeriodicState {
  /** Feature number each result comes from. */
  readonly source: Int32Array
  /** Turns per unit; 0 where the feature stays as it is. */
  readonly frequency: Float64Array
  /** Turns added: 0 for a sine, ¼ for a cosine. */
  readonly shift: Float64Array
  /** One per result. */
  readonly centre: Float64Array
  readonly width: Float64Array
}

/** sin(2πr) for 0 ≤ r ≤ ¼ as Σ cₖ · r²ᵏ⁺¹, the series at 0 to r¹⁷: within 10⁻¹³. */
const COEFFICIENTS = Array.from({ length: 9 }, (_, k) => {
  let term = 2 * Math.PI
  for (let i = 1; i <= k; i++) term *= -(4 * Math.PI * Math.PI) / (2 * i * (2 * i + 1))
  return term
})

/**
 * The sine of some turns. Only operations that every platform rounds the same way, so that a graph gives the same bits: turns
 * are cut to one, folded into its first quarter, and put into the series.
 */
export function sineOfTurns(turns: number): number {
  const centred = turns - Math.floor(turns) - 0.5 // sin 2πt = −sin 2π(t − ½)
  const size = Math.abs(centred)
  const folded = Math.min(size, 0.5 - size)
  const square = folded * folded
  let sum = COEFFICIENTS.at(-1)!
  for (let k = COEFFICIENTS.length - 2; k >= 0; k--) sum = sum * square + COEFFICIENTS[k]!
  return -Math.sign(centred) * (sum * folded)
}

function emitSineOfTurns(graph: Graph, turns: Tensor): Tensor {
  const cut = graph.op('Sub', [turns, graph.op('Floor', [turns])])
  const centred = graph.op('Sub', [cut, graph.f64(0.5)])
  const size = graph.op('Abs', [centred])
  const folded = graph.op('Min', [size, graph.op('Sub', [graph.f64(0.5), size])])
  const square = graph.op('Mul', [folded, folded])
  let sum = graph.f64(COEFFICIENTS.at(-1)!)
  for (let k = COEFFICIENTS.length - 2; k >= 0; k--)
    sum = graph.op('Add', [graph.op('Mul', [sum, square]), graph.f64(COEFFICIENTS[k]!)])
  const sign = graph.op('Neg', [graph.op('Sign', [centred])])
  return graph.op('Mul', [sign, graph.op('Mul', [sum, folded])])
}

/**
 * Periodic features (Gorishniy, Rubachev & Babenko 2022, §3.3) with frequencies that stay as drawn, which makes them random
 * Fourier features (Rahimi & Recht 2007): sin 2πcz and cos 2πcz with c from N(0, sigma²) and z the value at median 0 and quartile
 * distance 1. Frequencies that learn belong to a net. Missing is missing in every result.
 */
export const periodicEncoder: FeatureTransform<PeriodicState> = {
  stage: 'features',
  name: 'periodic-encoder',
  summary:
    'Each quantity with sines and cosines of it at a few drawn frequencies, so that linear models and nets can bend.',
  space: { n_frequencies: int(1, 64, 4), sigma: logFloat(0.01, 100, 0.1), keep: choice([true, false]) },
  fit({ columns }, { n_frequencies, sigma, keep }, { seed }) {
    const rng = createRng(hashSeed(seed, 'periodic-encoder'))
    const results = columns.flatMap((feature, source) => {
      const stays = { source, frequency: 0, shift: 0, centre: 0, width: 1 }
      const { centre, width } = robustSpread(feature)
      if (!isQuantity(feature) || width === Infinity) return [stays]
      const drawn = Array.from({ length: Number(n_frequencies) }, () => rng.normal() * Number(sigma))
      const waves = drawn.flatMap(frequency =>
        [0, 0.25].map(shift => ({ source, frequency, shift, centre, width })),
      )
      return keep ? [stays, ...waves] : waves
    })
    const each = (key: keyof (typeof results)[number]) => Float64Array.from(results, result => result[key])
    return {
      source: Int32Array.from(each('source')),
      frequency: each('frequency'),
      shift: each('shift'),
      centre: each('centre'),
      width: each('width'),
    }
  },
  apply({ rows, columns }, { source, frequency, shift, centre, width }): Features {
    const seen = new Map<number, number>()
    const result = Array.from(source, (j, i): Feature => {
      if (frequency[i] === 0) return columns[j]!
      const { name, values } = columns[j] as DenseFeature
      const wave = (value: number) => {
        const turns = scaleValue(value, centre[i]!, width[i]!) * frequency[i]! + shift[i]!
        return sineOfTurns(turns)
      }
      const number = (seen.get(j) ?? 0) + 1
      seen.set(j, number)
      const label = shift[i] === 0 ? `sin ${(number + 1) / 2}` : `cos ${number / 2}`
      return { kind: 'dense', name: `${name} ${label}`, values: values.map(wave) }
    })
    return { rows, columns: result }
  },
  emit({ source, frequency, shift, centre, width }, graph, input) {
    if (frequency.every(value => value === 0)) return input
    const each = (values: Float64Array) => graph.constant(values, [1, source.length])
    const values = graph.op('Gather', [input, graph.i64(...source)], { axis: 1 })
    const z = emitScaled(graph, values, each(centre), each(width))
    const turns = graph.op('Add', [graph.op('Mul', [z, each(frequency)]), each(shift)])
    const missing = graph.op('IsNaN', [values], {}, { type: 'bool' })
    const waves = graph.cast(emitSineOfTurns(graph, turns), 'float')
    const stays = graph.constant(
      Uint8Array.from(frequency, value => Number(value === 0)),
      [1, source.length],
      'bool',
    )
    const untouched = graph.op('Or', [missing, stays])
    return graph.op('Where', [untouched, values, waves], {}, { type: 'float' })
  },
}
