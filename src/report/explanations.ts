import { importance, partialDependence, saliency } from '../charts/index.ts'
import { count, sentence } from '../util/text.ts'
import { captioned, fragment } from './html.ts'
import type { Markup } from './html.ts'
import type { ReportInput } from './input.ts'

const TOP = 10

export const importanceSection = ({ importance: data }: ReportInput): Markup | undefined =>
  data && data.features.length > 0
    ? fragment`<h2>What the model leans on</h2>
        ${captioned(importance(data))} `
    : undefined

export function shapSection({ shap }: ReportInput): Markup | undefined {
  if (!shap || shap.features.length === 0) return undefined
  const sorted = [...shap.features].sort((a, b) => b.value - a.value)
  const hidden = sorted.length - TOP
  return fragment`<h2>What answers are made of</h2>
    <p>
      SHAP values say how much each column moves an answer away from the mean answer; the bars are their mean size.
      ${sentence(shap.method)}
    </p>
    ${captioned(importance({ ...shap, features: sorted.slice(0, TOP) }, { title: 'Mean size of SHAP values' }))}
    ${hidden > 0 ? fragment`<p class="soft">The first ${String(TOP)}; ${count(hidden)} more are smaller.</p>` : undefined} `
}

export const dependenceSection = ({ dependence }: ReportInput): Markup | undefined =>
  dependence && dependence.length > 0
    ? fragment`<h2>How answers depend on single columns</h2>
        <p>
          The thick line (or the dot) is the mean prediction when a column has the same value in every held-out row, each row
          by a model that did not learn from it. Grey lines are single rows; grey bars hold eight tenths of them. Where they
          are not parallel, the effect of the column depends on others. Values that do not occur together in the data are
          combined all the same.
        </p>
        <div class="row">${dependence.map(data => captioned(partialDependence(data)))}</div> `
    : undefined

export const saliencySection = ({ saliency: data }: ReportInput): Markup | undefined =>
  data && data.images.length > 0
    ? fragment`<h2>Where the model looks</h2>
        <p>
          Held-out pictures, and beside each how much the probability of the predicted class falls (orange) or rises (blue)
          when a patch is covered with the mean of other pictures.
        </p>
        ${captioned(saliency(data))} `
    : undefined
