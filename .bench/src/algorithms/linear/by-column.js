import { addPenalty, residuals } from './problem.js';
/** Loss and gradient in float64, column by column: for sparse columns and small tables. Cost: O(scores · non-zeros). */
export function columnObjective(problem) {
    const { features, scores: count, moments } = problem;
    const { rows, columns } = features;
    const width = columns.length;
    const scores = Array.from({ length: count }, () => new Float64Array(rows));
    const gradient = new Float64Array(count * (width + 1));
    return point => {
        for (const [k, score] of scores.entries()) {
            let bias = point[count * width + k];
            for (let j = 0; j < width; j++)
                bias -= point[k * width + j] * moments.inverses[j] * moments.means[j];
            score.fill(bias);
            for (const [j, column] of columns.entries()) {
                const weight = point[k * width + j] * moments.inverses[j];
                if (weight === 0)
                    continue;
                const { values } = column;
                if (column.kind === 'dense')
                    for (let row = 0; row < rows; row++)
                        score[row] += weight * values[row];
                else
                    for (let i = 0; i < values.length; i++)
                        score[column.index[i]] += weight * values[i];
            }
        }
        const loss = residuals(problem, scores);
        for (const [k, residual] of scores.entries()) {
            let total = 0;
            for (const value of residual)
                total += value;
            gradient[count * width + k] = total;
            for (const [j, column] of columns.entries()) {
                const { values } = column;
                let sum = 0;
                if (column.kind === 'dense')
                    for (let row = 0; row < rows; row++)
                        sum += values[row] * residual[row];
                else
                    for (let i = 0; i < values.length; i++)
                        sum += values[i] * residual[column.index[i]];
                gradient[k * width + j] = (sum - moments.means[j] * total) * moments.inverses[j];
            }
        }
        return Promise.resolve({ loss: loss + addPenalty(problem, point, gradient), gradient });
    };
}
