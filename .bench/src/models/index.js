import { constant } from './constant.js';
import { forest } from './forest.js';
import { linear } from './linear.js';
import { network } from './network.js';
/** Every kind of model. A kind is called with models of its own kind only, which the types of a table cannot say. */
export const modelKinds = [
    constant,
    forest,
    linear,
    network,
]; // prettier-ignore
const kindOf = (model) => {
    const kind = modelKinds.find(candidate => candidate.kind === model.kind);
    if (!kind)
        throw new Error(`model kind "${model.kind}" is not in the table of model kinds`);
    return kind;
};
/** Row-major rows × outputs. */
export const predictModel = (model, features) => kindOf(model).predict(model, features);
/** Adds the model to a graph; see `ModelKind.emit`. */
export const emitModel = (model, graph, features) => kindOf(model).emit(model, graph, features);
