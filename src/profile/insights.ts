import type { ReadingReport } from '../data/read.ts'
import type { JoinedLabels } from '../data/target.ts'
import type { Examined } from './columns.ts'
import { columnRules } from './column-rules.ts'
import type { LinearCopy } from './copies.ts'
import type { GroupHint, TimeHint } from './hints.ts'
import { modelRules } from './model-rules.ts'
import type { Drift, Insight, QuickModel, Severity, TargetProfile } from './profile.ts'
import { readingRules } from './reading-rules.ts'
import { relationRules } from './relation-rules.ts'
import type { RepeatedRows } from './rows.ts'
import { tableRules } from './table-rules.ts'
import { targetRules } from './target-rules.ts'

/** Everything a rule may look at. */
export interface Facts {
  readonly rows: number
  /** The target left out. */
  readonly features: readonly Examined[]
  readonly target?: { readonly profile: TargetProfile; readonly examined: Examined }
  readonly repeated: RepeatedRows
  /** Names of columns that are equal in every row. */
  readonly equalColumns: readonly (readonly string[])[]
  /** |Pearson| with a numeric or binary target, by column. */
  readonly targetCorrelation: ReadonlyMap<string, number>
  /** Columns that are pixels: their many zeros are paper. */
  readonly pixels: ReadonlySet<string>
  /** Columns left out because they give the target away. */
  readonly dropped: ReadonlySet<string>
  /** Writings of labels that were joined. */
  readonly joined: readonly JoinedLabels[]
  readonly linearCopies: readonly LinearCopy[]
  readonly timeHints: readonly TimeHint[]
  readonly groupHints: readonly GroupHint[]
  readonly quickModel?: QuickModel
  /** How well the row number foretells the target. */
  readonly rowOrder?: { readonly power: number; readonly score: number }
  readonly drift?: Drift
  readonly report?: ReadingReport
}

/** What a rule found; `column` when it is about one. */
export interface Finding {
  readonly column?: string
  readonly fact: string
  readonly numbers: Readonly<Record<string, number | string>>
  readonly severity?: Severity
  readonly action?: string
}

/** A thing worth telling. The texts that do not depend on the data stand in the rule. */
export interface Rule {
  readonly id: string
  readonly severity: Severity
  readonly title: string
  readonly why: string
  readonly harmlessWhen: string
  readonly action: string
  /** More columns than this are told together; 3 unless said. */
  readonly mergeAbove?: number
  readonly find: (facts: Facts) => readonly Finding[]
}

export const rules: readonly Rule[] = [
  ...targetRules,
  ...modelRules,
  ...tableRules,
  ...relationRules,
  ...columnRules,
  ...readingRules,
]

/** More columns than this with one insight are told together. */
const MERGE_ABOVE = 3
const NAMED = 5
const RANK: Readonly<Record<Severity, number>> = { high: 0, medium: 1, low: 2 }

/** All findings of all rules, most severe first. */
export function findInsights(facts: Facts): Insight[] {
  return rules
    .flatMap(rule => merge(rule.find(facts), rule.mergeAbove).map(finding => toInsight(rule, finding)))
    .sort((a, b) => RANK[a.severity] - RANK[b.severity])
}

function merge(findings: readonly Finding[], above = MERGE_ABOVE): readonly Finding[] {
  const columns = findings.flatMap(finding => (finding.column === undefined ? [] : [finding.column]))
  if (columns.length <= above || columns.length < findings.length) return findings
  const named = columns
    .slice(0, NAMED)
    .map(name => JSON.stringify(name))
    .join(', ')
  const more = columns.length > NAMED ? ` and ${columns.length - NAMED} more` : ''
  const first = findings[0]!
  return [
    {
      ...(first.severity && { severity: first.severity }),
      ...(first.action !== undefined && { action: first.action }),
      fact: `${columns.length} columns: ${named}${more}. The first: ${first.fact}`,
      numbers: { columns: columns.length, names: columns.slice(0, 100).join('\n') },
    },
  ]
}

const toInsight = ({ id, severity, title, why, harmlessWhen, action }: Rule, finding: Finding): Insight => ({
  id,
  severity: finding.severity ?? severity,
  ...(finding.column !== undefined && { column: finding.column }),
  title,
  fact: finding.fact,
  why,
  harmlessWhen,
  action: finding.action ?? action,
  numbers: finding.numbers,
})
