import { parametersOf, visitParameters } from '../onnx/network.js';
import { feed, openSession } from '../onnx/session.js';
import { TrialError } from '../util/errors.js';
import { adamScalars } from './adamw.js';
import { batchSource } from './batches.js';
import { schedules } from './schedule.js';
import { scoringGraph, trainingGraph } from './training-graph.js';
import { scoreNetwork } from './scoring.js';
const SECONDS_PER_CALL = 0.3; // a stop is seen between calls
const FIRST_STEPS = 4; // enough to time a step
const DEADLINE_MARGIN = 0.95; // share of the time left that the schedule may plan with
/**
 * Trains a net on a resident table; with validation rows, the weights with the lowest loss on them are returned. The schedule
 * ends at `steps`, or is shortened, as soon as steps can be timed, to end before the deadline.
 */
export async function trainNetwork(net, table, validation, options) {
    const { loss, outputs, batch, smoothing, adam, shifts, threads, optimization = 'all' } = options;
    const weighted = 'importance' in table.feeds;
    const fixed = { net, loss, outputs, batch, smoothing, adam, store: table.store, weighted };
    const shape = shifts ? { ...fixed, shifts } : fixed;
    const training = await openSession(trainingGraph(shape), { threads, optimization });
    try {
        const scoring = validation && (await openSession(scoringGraph(shape), { threads, optimization }));
        try {
            const score = scoring && ((weights) => scoreNetwork(scoring, validation, weights, { net, loss, outputs }));
            const { weights, scale } = await run(training, score, net, table, options);
            return { net: withWeights(net, weights), outputScale: scale };
        }
        finally {
            await scoring?.release();
        }
    }
    finally {
        await training.release();
    }
}
async function run(training, score, net, table, options) {
    const { signal, deadline, stepsPerScore, steps, patience } = options;
    const batches = await batchSource(net, table.rows, options);
    const progress = { state: await initialState(net), done: 0, planned: steps, perStep: 0 };
    let best = { loss: Infinity, scale: 1, weights: progress.state.weights, look: 0 };
    for (let look = 0; progress.done < progress.planned;) {
        signal.throwIfAborted();
        if (progress.done > 0 && performance.now() >= deadline)
            break;
        await advance(training, progress, table, batches, options);
        if (!score || (progress.done % stepsPerScore !== 0 && progress.done < progress.planned))
            continue;
        const { loss, scale } = await score(progress.state.weights);
        look++;
        options.report?.(look, loss);
        if (loss < best.loss)
            best = { loss, scale, weights: progress.state.weights, look };
        else if (look - best.look >= patience)
            break;
    }
    const weights = (best.loss < Infinity ? best : progress.state).weights.data;
    if (weights.every(Number.isFinite))
        return { weights, scale: best.scale };
    throw new TrialError('E_DIVERGED', `training with learning rate ${options.learningRate} left weights that are not numbers: expected finite ones; use a lower learning rate`);
}
/** As many steps as take `SECONDS_PER_CALL`, but not past the next look at the validation rows. */
async function advance(training, progress, table, batches, { stepsPerScore, schedule, learningRate, adam, deadline }) {
    const { done, planned, perStep } = progress;
    const nextLook = (Math.floor(done / stepsPerScore) + 1) * stepsPerScore;
    const wanted = perStep > 0 ? Math.max(1, Math.floor(SECONDS_PER_CALL / perStep)) : FIRST_STEPS;
    const count = Math.min(wanted, Math.min(planned, nextLook) - done);
    const feeds = { ...table.feeds, ...progress.state, ...(await batches(count)) };
    const scalars = Array.from({ length: count }, (_, i) => adamScalars(learningRate * schedules[schedule]((done + i) / planned), done + i + 1, adam));
    for (const name of ['alpha', 'epsilon', 'decay']) {
        feeds[name] = await feed(Float32Array.from(scalars, entry => entry[name]), [count]);
    }
    feeds['steps'] = await feed(BigInt64Array.of(BigInt(count)), []);
    const started = performance.now();
    const after = await training.run(feeds);
    const now = performance.now();
    progress.state = {
        weights: after['weights after'],
        first: after['first after'],
        second: after['second after'],
    };
    progress.done += count;
    progress.perStep = (now - started) / 1e3 / count;
    const affordable = Math.floor((DEADLINE_MARGIN * (deadline - now)) / 1e3 / progress.perStep);
    // The first call also allocates: too slow a measure to cut the plan by.
    if (done > 0 || affordable <= 0)
        progress.planned = Math.min(planned, progress.done + Math.max(0, affordable));
}
async function initialState(net) {
    const parameters = parametersOf(net);
    const size = parameters.reduce((sum, { values }) => sum + values.length, 0);
    const flat = new Float32Array(size);
    let offset = 0;
    for (const { values } of parameters) {
        flat.set(values, offset);
        offset += values.length;
    }
    const zeros = () => feed(new Float32Array(size), [size]);
    return { weights: await feed(flat, [size]), first: await zeros(), second: await zeros() };
}
/** The net with its parameters cut from a flat vector. */
function withWeights(net, flat) {
    let offset = 0;
    return visitParameters(net, ({ values }) => {
        offset += values.length;
        return flat.slice(offset - values.length, offset);
    });
}
