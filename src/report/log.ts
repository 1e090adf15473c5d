import { bars } from '../charts/index.ts'
import { count, duration } from '../util/text.ts'
import { captioned, fragment, table } from './html.ts'
import type { Markup } from './html.ts'
import type { ReportInput } from './input.ts'

export const decisionSection = ({ decisions }: ReportInput): Markup | undefined =>
  decisions && decisions.length > 0
    ? fragment`<h2>Decisions</h2>
        <p>What was decided on the way, by the program or by its options, and why.</p>
        ${table(['decision', 'why'], decisions)} `
    : undefined

export function spentSection({ spent, secondsByAlgorithm }: ReportInput): Markup | undefined {
  if (!spent) return undefined
  return fragment`<h2>Time and memory</h2>
    ${table(['what', '#spent'], spent)}
    ${
      secondsByAlgorithm && secondsByAlgorithm.length > 0
        ? captioned(
            bars(
              secondsByAlgorithm.map(({ name, value, trials }) => ({
                name,
                value,
                note: `${duration(value)} (${count(trials)})`,
              })),
              {
                title: 'Seconds of training by algorithm',
                description: 'Seconds of processes that fitted models; in brackets the number of trials.',
                axis: 'seconds of training',
              },
            ),
          )
        : undefined
    } `
}

export const reproduceSection = ({ reproduce, provenance, spec }: ReportInput): Markup =>
  fragment`<h2>How to reproduce</h2>
    <pre>${reproduce}</pre>
    <p>The same data, seed (${String(spec.seed)}) and number of candidates give the same leaderboard.</p>
    ${table(['what', 'value'], provenance)} `
