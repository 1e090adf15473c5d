import { algorithms } from '../../algorithms/index.ts'
import { serveTrials } from './trials.ts'

// One of these runs per slot.
serveTrials(algorithms)
