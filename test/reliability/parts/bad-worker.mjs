// A worker some of whose fits eat memory, each in its own way, or die, once or always: which ones is told by their seeds.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { algorithms } from '../../../dist/algorithms/index.js'
import { serveTrials } from '../../../dist/backends/local/trials.js'

const forever = step => {
  for (const kept = []; ;) step(kept)
}
const never = () => new Promise(() => setInterval(() => {}, 1000))

const KINDS = {
  'array push': () => {
    for (const list = []; ;) list.push(list.length)
  },
  'many objects': () => forever(kept => kept.push({ a: kept.length, b: { c: [kept.length] } })),
  Float64Array: () => forever(kept => kept.push(new Float64Array(1e6).fill(kept.length))),
  strings: () => forever(kept => kept.push(`${kept.length}${'x'.repeat(1000)}`.split('').join('y'))),
  Buffers: () => forever(kept => kept.push(Buffer.alloc(4e6, kept.length))),
  SIGKILL: () => process.kill(process.pid, 'SIGKILL'),
  SIGSEGV: () => process.kill(process.pid, 'SIGSEGV'),
  SIGSTOP: () => {
    const waker = `setTimeout(() => process.kill(${process.pid}, 'SIGCONT'), 1500)`
    spawn(process.execPath, ['-e', waker], { detached: true, stdio: 'ignore' }).unref()
    process.kill(process.pid, 'SIGSTOP')
  },
  'exit without a result': () => process.exit(0),
  'garbage instead of an answer': () => {
    writeSync(3, Buffer.from([0, 255, 10, 123, 34, 10, 7, 7]))
    return never()
  },
  'an answer to another question': () => {
    writeSync(3, '{"type":"done","trial":{"id":99999,"state":"COMPLETE","metrics":{"AUC":1}}}\n')
    return never()
  },
  'throw where nobody catches': () => {
    setImmediate(() => {
      throw new Error('out of the blue')
    })
    return never()
  },
  throw: () => {
    throw new Error('cannot learn this')
  },
  hang: () => {
    for (;;);
  },
}

const folder = process.argv[2]
const bad = new Map(JSON.parse(readFileSync(join(folder, 'bad.json'), 'utf8')))

/** What a fit with this seed does instead of learning, if anything. */
function badnessOf(seed) {
  const { kind, once } = bad.get(seed) ?? {}
  const marker = join(folder, `bad-${seed}`)
  if (once && existsSync(marker)) return undefined
  if (kind !== undefined) writeFileSync(marker, '')
  return KINDS[kind]
}

serveTrials(
  algorithms.map(algorithm => ({
    ...algorithm,
    fit: async (data, params, context) => {
      await badnessOf(context.seed)?.()
      return algorithm.fit(data, params, context)
    },
  })),
)
