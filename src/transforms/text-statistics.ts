import { stringFeatures } from './strings.ts'
import type { Encoder } from './transform.ts'
import { WHITE_SPACE } from './words.ts'

/** Lengths in characters from which the length class is one higher: 1, 2, 4 … 512. */
const LENGTH_STEPS = Array.from({ length: 10 }, (_, power) => 2 ** power)

/** Characters counted together. */
const CLASSES: Readonly<Record<string, readonly string[]>> = {
  blanks: WHITE_SPACE,
  digits: [...'0123456789'],
  capitals: [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'],
  'full stops': ['.'],
  commas: [','],
  exclamations: ['!'],
  questions: ['?'],
  signs: [...'@#$%&*/:'],
}

/** How a text looks: length class and how many characters of each class. Missing counts as empty. */
export const textStatistics: Encoder<null> = {
  stage: 'encode',
  name: 'text-statistics',
  summary: 'Length class (powers of two) and numbers of blanks, digits, capitals and punctuation marks.',
  accepts: ['text', 'categorical'],
  space: {},
  fit: () => null,
  apply: column => stringFeatures(column, ['length class', ...Object.keys(CLASSES)], statisticsOf),
  emit(_, graph, input) {
    const classes = Object.values(CLASSES)
    const characters = classes.flat()
    // A text cut at a character has one piece more than the character stands in it; an empty text has none.
    const pieces = characters.map(
      delimiter => graph.ops('StringSplit', [input], 2, { delimiter }, { types: ['string', 'int64'] })[1]!,
    )
    const joined = graph.op('Concat', pieces, { axis: 1 })
    const counts = graph.op('Max', [graph.op('Sub', [joined, graph.i64(1)]), graph.i64(0)])
    const lengths = LENGTH_STEPS.map(step =>
      graph.op('RegexFullMatch', [input], { pattern: `(?s).{${step},}` }, { type: 'bool' }),
    )
    const reached = graph.cast(graph.op('Concat', lengths, { axis: 1 }), 'float')
    // One matrix adds up the characters of each class.
    const members = new Float32Array(characters.length * classes.length)
    for (const [i, character] of characters.entries())
      for (const [k, list] of classes.entries())
        if (list.includes(character)) members[i * classes.length + k] = 1
    const sums = graph.op('MatMul', [
      graph.cast(counts, 'float'),
      graph.constant(members, [characters.length, classes.length]),
    ])
    const length = graph.op('ReduceSum', [reached, graph.i64(1)], { keepdims: 1 })
    return graph.op('Concat', [length, sums], { axis: 1 })
  },
}

const classOf = new Map(
  Object.values(CLASSES).flatMap((characters, k) => characters.map(character => [character, k + 1] as const)),
)

function statisticsOf(text: string): number[] {
  const numbers = new Array<number>(Object.keys(CLASSES).length + 1).fill(0)
  let length = 0
  for (const character of text) {
    length++
    const k = classOf.get(character)
    if (k !== undefined) numbers[k]!++
  }
  numbers[0] = LENGTH_STEPS.filter(step => length >= step).length
  return numbers
}
