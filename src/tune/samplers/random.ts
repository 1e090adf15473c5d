import { sample } from '../../params/space.ts'
import type { Sampler } from '../sampler.ts'

/** An independent uniform draw of every active parameter (logarithmic where the range is). */
export const random: Sampler = {
  name: 'random',
  summary: 'Independent uniform draws; the yardstick every other sampler must beat.',
  ask: (space, _history, rng) => sample(space, rng),
}
