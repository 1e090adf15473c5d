import process from 'node:process'
import { duration, inline } from '../util/text.ts'
import type { Output } from './output.ts'

const BAR_CELLS = 20

/** Tells what is being done, one of a known number of stages after the other. */
export interface Stages {
  readonly next: (stage: string) => void
  /** Share of the present stage that is done. */
  readonly part: (share: number) => void
  readonly end: (text: string) => void
}

/** On a terminal a bar that is drawn over; elsewhere a plain line per stage. */
export function showStages(output: Output, total: number, quiet: boolean): Stages {
  const started = performance.now()
  const live = output.isTerminal && !quiet
  let done = -1
  let stage = ''
  let width = 0
  const clock = () => duration((performance.now() - started) / 1000)
  const draw = (share: number) => {
    const filled = Math.round((Math.min(total, done + share) / total) * BAR_CELLS)
    const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR_CELLS - filled)}`
    const line = `${bar} ${stage} · ${clock()}`.slice(0, Math.max(20, output.columns - 1))
    process.stderr.write(`\r${line}${' '.repeat(Math.max(0, width - line.length))}`)
    width = line.length
  }
  const say = (text: string) => {
    if (live) process.stderr.write(`\r${' '.repeat(width)}\r`)
    if (!quiet) output.note(`${output.style('dim', clock().padStart(9))}  ${text}`)
  }
  return {
    next(text) {
      done++
      stage = inline(text)
      if (live) draw(0)
      else say(stage)
    },
    part(share) {
      if (live) draw(share)
    },
    end: say,
  }
}
