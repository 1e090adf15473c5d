import { InferenceSession } from 'onnxruntime-node'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { factorizationMachine } from '../../src/algorithms/factorization-machine.ts'
import { mlp } from '../../src/algorithms/mlp.ts'
import { realmlp } from '../../src/algorithms/realmlp.ts'
import { tabm } from '../../src/algorithms/tabm.ts'
import { defaults } from '../../src/params/space.ts'
import { fitContext } from '../helpers/fit.ts'
import { toy } from '../helpers/toy.ts'

// Native memory is not collected: what a fit opens it has to release, however it ends.

let open = 0
let opened = 0
beforeEach(() => {
  open = 0
  opened = 0
  const create = InferenceSession.create.bind(InferenceSession) as (
    ...all: unknown[]
  ) => Promise<InferenceSession>
  vi.spyOn(InferenceSession, 'create').mockImplementation((async (...all: unknown[]) => {
    const session = await create(...all)
    open++
    opened++
    const release = session.release.bind(session)
    session.release = () => {
      open--
      return release()
    }
    return session
  }) as typeof InferenceSession.create)
})
afterEach(() => void vi.restoreAllMocks())

describe.each([mlp, realmlp, tabm, factorizationMachine].map(one => [one.name, one] as const))(
  '%s',
  (_, algorithm) => {
    const data = toy('binary', { rows: 120, seed: 3 })
    const params = { ...defaults(algorithm.space), ...('epochs' in { ...algorithm.space, ...algorithm.settings } && { epochs: 3 }) } // prettier-ignore

    it('has released every session when a fit has ended', async () => {
      await algorithm.fit(data, params, fitContext({ deadline: performance.now() + 200 }))
      expect(opened).toBeGreaterThan(1)
      expect(open).toBe(0)
    })

    it('has released every session when a fit was stopped or went astray', async () => {
      await expect(algorithm.fit(data, params, fitContext({ signal: AbortSignal.abort() }))).rejects.toThrow()
      expect(opened).toBeGreaterThan(0)
      expect(open).toBe(0)
      const wild = { ...params, learning_rate: 1e30 }
      await algorithm
        .fit(data, wild, fitContext({ deadline: performance.now() + 200 }))
        .catch(() => undefined)
      expect(open).toBe(0)
    })
  },
)
