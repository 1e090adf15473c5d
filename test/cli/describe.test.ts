import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createStore } from '../../src/experiment/store.ts'
import { glasspilot, temporaryFolder } from '../helpers/cli.ts'

it('tells what runs and what waits while an experiment is written, and what waits when it is not', async () => {
  const folder = temporaryFolder()
  const spec = { name: 'states', data: 'x.csv', target: 'y', mode: 'hpo', maxCandidates: 9, seed: 1, workers: 2, backend: 'local', definitionsOnly: false } as const // prettier-ignore
  const store = createStore(join(folder, 'out'), spec, '0.0.0')
  const base = { candidate: 'a', params: {}, seed: 1 }
  const trials = [0, 1, 2, 3].map(id => ({ ...base, id, definition: 'd' }))
  store.journal.append({ type: 'generation', trials })
  store.journal.append({
    type: 'trial',
    definition: 'd',
    trial: { ...base, id: 0, algorithm: 'a', state: 'FAILED', reason: 'why not' },
  })
  const states = async () =>
    (
      JSON.parse((await glasspilot(['describe', 'out', '--json'], { cwd: folder })).stdout) as {
        states: object
      }
    ).states
  expect(await states()).toEqual({ FAILED: 1, RUNNING: 2, WAITING: 1 })
  store.close()
  expect(await states()).toEqual({ FAILED: 1, WAITING: 3 })
})
