// A worker some of whose fits eat memory, each in its own way, or die: which ones is told by their seeds.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { algorithms } from '../../../dist/algorithms/index.js'
import { serveTrials } from '../../../dist/backends/local/trials.js'

const forever = step => {
  for (const kept = []; ;) step(kept)
}

const KINDS = {
  'array push': () => {
    for (const list = []; ;) list.push(list.length)
  },
  'many objects': () => forever(kept => kept.push({ a: kept.length, b: { c: [kept.length] } })),
  Float64Array: () => forever(kept => kept.push(new Float64Array(1e6).fill(kept.length))),
  strings: () => forever(kept => kept.push(`${kept.length}${'x'.repeat(1000)}`.split('').join('y'))),
  Buffers: () => forever(kept => kept.push(Buffer.alloc(4e6, kept.length))),
}

const bombs = new Map(JSON.parse(readFileSync(join(process.argv[2], 'bombs.json'), 'utf8')))

serveTrials(
  algorithms.map(algorithm => ({
    ...algorithm,
    fit: (data, params, context) => {
      const kind = bombs.get(context.seed)
      if (kind !== undefined) KINDS[kind]()
      return algorithm.fit(data, params, context)
    },
  })),
)
