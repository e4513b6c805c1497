import numpy as np

from minidraw.layers import (
    latent,
    latent_backward,
    linear,
    lstm_gates,
    lstm_gates_backward,
    read_attention,
    read_attention_backward,
    write_attention,
    write_attention_backward,
)


def step_by_linear(canvas, h_enc, c_enc, h_dec, c_dec, *, x, noise, params, read_size, write_size):
    def apply(name, x):
        return linear(x, params[f"{name}.W"], params[f"{name}.b"])[0]

    kept = {"read_window": h_dec}
    glimpse, read = read_attention(canvas, apply("read_window", h_dec), x=x, K=read_size)
    kept["encoder"] = np.hstack([h_enc, glimpse, h_dec])
    (h_enc, c_enc), encoder = lstm_gates(apply("encoder", kept["encoder"]), c_enc)
    kept["latent"] = h_enc
    (z, kl), sampled = latent(apply("latent", h_enc), noise=noise)
    kept["decoder"] = np.hstack([h_dec, z])
    (h_dec, c_dec), decoder = lstm_gates(apply("decoder", kept["decoder"]), c_dec)
    kept["patch"] = kept["write_window"] = h_dec
    size = {"height": x.shape[2], "width": x.shape[3], "K": write_size}
    stroke, write = write_attention(apply("patch", h_dec), apply("write_window", h_dec), **size)
    caches = read, encoder, sampled, decoder, write
    return [canvas + stroke, h_enc, c_enc, h_dec, c_dec, kl], (kept, caches, params)


def step_by_matrices(
    canvas, h_enc, c_enc, h_dec, c_dec, *, x, noise, params, read_size, write_size
):
    p, before = params, h_dec
    theta = before @ p["read_window.W"] + p["read_window.b"]
    glimpse, read = read_attention(canvas, theta, x=x, K=read_size)
    seen = np.concatenate((h_enc, glimpse, before), axis=1)
    (h_enc, c_enc), encoder = lstm_gates(seen @ p["encoder.W"] + p["encoder.b"], c_enc)
    (z, kl), sampled = latent(h_enc @ p["latent.W"] + p["latent.b"], noise=noise)
    thought = np.concatenate((before, z), axis=1)
    (h_dec, c_dec), decoder = lstm_gates(thought @ p["decoder.W"] + p["decoder.b"], c_dec)
    patch = h_dec @ p["patch.W"] + p["patch.b"]
    theta = h_dec @ p["write_window.W"] + p["write_window.b"]
    height, width = canvas.shape[2:]
    stroke, write = write_attention(patch, theta, height=height, width=width, K=write_size)
    inputs = {"read_window": before, "encoder": seen, "latent": h_enc}
    inputs |= {"decoder": thought, "patch": h_dec, "write_window": h_dec}
    after = canvas + stroke, h_enc, c_enc, h_dec, c_dec, kl
    return after, (inputs, (read, encoder, sampled, decoder, write), p)


def step_backward_by_split(dout, cache):
    dcanvas, dh_enc, dc_enc, dh_dec, dc_dec, dkl = dout
    inputs, (read, encoder, sampled, decoder, write), params = cache
    H = dh_enc.shape[1]
    dpatch, dwrite = write_attention_backward(dcanvas, write)
    dh = dh_dec + dpatch @ params["patch.W"].T + dwrite @ params["write_window.W"].T
    ddecoder, dc_dec = lstm_gates_backward((dh, dc_dec), decoder)
    dh_before, dz = np.split(ddecoder @ params["decoder.W"].T, [H], axis=1)
    dlatent = latent_backward((dz, dkl), sampled)
    dh = dh_enc + dlatent @ params["latent.W"].T
    dencoder, dc_enc = lstm_gates_backward((dh, dc_enc), encoder)
    end = inputs["encoder"].shape[1] - H
    dh_enc, dglimpse, more = np.split(dencoder @ params["encoder.W"].T, [H, end], axis=1)
    dlook, dread = read_attention_backward(dglimpse, read)
    dh_dec = dh_before + more + dread @ params["read_window.W"].T
    dstate = [dcanvas + dlook, dh_enc, dc_enc, dh_dec, dc_dec]
    return [*dstate, dread, dencoder, dlatent, ddecoder, dpatch, dwrite]


def step_backward_by_rows(dout, cache):
    dcanvas, dh_enc, dc_enc, dh_dec, dc_dec, dkl = dout
    _, (read, encoder, sampled, decoder, write), p = cache
    H = dh_dec.shape[1]
    dpatch, dwrite = write_attention_backward(dcanvas, write)
    both = np.concatenate([dpatch, dwrite], axis=1)
    joined = np.concatenate([p["patch.W"], p["write_window.W"]], axis=1)
    ddecoder, dc_dec = lstm_gates_backward((dh_dec + both @ joined.T, dc_dec), decoder)
    dlatent = latent_backward((ddecoder @ p["decoder.W"][H:].T, dkl), sampled)
    dh_enc = dh_enc + dlatent @ p["latent.W"].T
    dencoder, dc_enc = lstm_gates_backward((dh_enc, dc_enc), encoder)
    dlook, dread = read_attention_backward(dencoder @ p["encoder.W"][H:-H].T, read)
    dh_dec = ddecoder @ p["decoder.W"][:H].T
    dh_dec = dh_dec + dencoder @ p["encoder.W"][-H:].T + dread @ p["read_window.W"].T
    dstate = dcanvas + dlook, dencoder @ p["encoder.W"][:H].T, dc_enc, dh_dec, dc_dec
    return dstate + (dread, dencoder, dlatent, ddecoder, dpatch, dwrite)


STYLES = {
    "11.step": (step_by_linear, step_by_matrices),
    "11.step_backward": (step_backward_by_split, step_backward_by_rows),
}
