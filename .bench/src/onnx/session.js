var __rewriteRelativeImportExtension = (this && this.__rewriteRelativeImportExtension) || function (path, preserveJsx) {
    if (typeof path === "string" && /^\.\.?\//.test(path)) {
        return path.replace(/\.(tsx)$|((?:\.d)?)((?:\.[^./]+?)?)\.([cm]?)ts$/i, function (m, tsx, d, ext, cm) {
            return tsx ? preserveJsx ? ".jsx" : ".js" : d && (!ext || !cm) ? m : (d + ext + "." + cm.toLowerCase() + "js");
        });
    }
    return path;
};
import { BackendError, messageOf } from '../util/errors.js';
let loading;
/** onnxruntime: the native package, or onnxruntime-web (WebAssembly, slower, when installed) where that cannot load. */
export function loadRuntime() {
    loading ??= import('onnxruntime-node').catch(async (nativeError) => {
        try {
            const web = 'onnxruntime-web'; // not installed by default, so not resolved at build time
            return (await import(__rewriteRelativeImportExtension(web)));
        }
        catch {
            throw new BackendError('E_NO_ONNXRUNTIME', `onnxruntime-node could not be loaded (${messageOf(nativeError)}): expected its native library for this platform; reinstall it, or install onnxruntime-web to run without it`, { exit: 'bug', cause: nativeError });
        }
    });
    return loading;
}
/** Loads a graph from its bytes; never from a path, so no file it names can be opened. */
export async function openSession(model, { threads = 1, optimization = 'all' } = {}) {
    const ort = await loadRuntime();
    const session = await ort.InferenceSession.create(model, {
        executionProviders: ['cpu'],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        graphOptimizationLevel: optimization,
        logSeverityLevel: 3,
        // A spinning pool starves its neighbours on a busy machine.
        extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
    return {
        inputNames: session.inputNames,
        outputNames: session.outputNames,
        run: (feeds, fetches) => (fetches ? session.run(feeds, [...fetches]) : session.run(feeds)),
        release: () => session.release(),
    };
}
/** A tensor to feed: element type by the array, strings from a list. */
export async function feed(data, dims) {
    const ort = await loadRuntime();
    if (Array.isArray(data))
        return new ort.Tensor('string', data, dims);
    if (data instanceof Float32Array)
        return new ort.Tensor('float32', data, dims);
    if (data instanceof Float64Array)
        return new ort.Tensor('float64', data, dims);
    if (data instanceof Int32Array)
        return new ort.Tensor('int32', data, dims);
    if (data instanceof BigInt64Array)
        return new ort.Tensor('int64', data, dims);
    return new ort.Tensor('uint8', data, dims);
}
