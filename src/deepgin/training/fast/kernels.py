"""Triton kernels for what stands between two convolutions; imported only where Triton is.

All tensors are channels_last: a row of a picture is width x channels numbers in a line. Sums are
in float32. Activations are numbered as in ops.py: 0 none, 1 ReLU, 2 LeakyReLU(0.2).
"""

import triton
import triton.language as tl


@triton.jit
def _activate(value, ACTIVATION: tl.constexpr):
    if ACTIVATION == 1:
        value = tl.maximum(value, 0.0)
    elif ACTIVATION == 2:
        value = tl.where(value > 0, value, value * 0.2)
    return value


@triton.jit
def _slope(grad, value, ACTIVATION: tl.constexpr):
    """Return `grad` times the activation's slope; `value` from before or after it: signs agree."""
    if ACTIVATION == 1:
        grad = tl.where(value > 0, grad, 0.0)
    elif ACTIVATION == 2:
        grad = tl.where(value > 0, grad, grad * 0.2)
    return grad


@triton.jit
def pad_forward(
    x, bias, out, H, W, P, C: tl.constexpr, ACTIVATION: tl.constexpr, BIAS: tl.constexpr,
    BLOCK: tl.constexpr,
):  # fmt: skip
    """Make BLOCK numbers of a padded row."""
    row = tl.program_id(0).to(tl.int64)
    tall, wide = H + 2 * P, W + 2 * P
    n, i = row // tall, row % tall
    i = tl.minimum(tl.maximum(i - P, 0), H - 1)
    at = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    c = at % C
    j = tl.minimum(tl.maximum(at // C - P, 0), W - 1)
    inside = at < wide * C
    value = tl.load(x + ((n * H + i) * W + j) * C + c, mask=inside, other=0.0).to(tl.float32)
    if BIAS:
        value += tl.load(bias + c, mask=inside, other=0.0)
    value = _activate(value, ACTIVATION).to(out.dtype.element_ty)
    tl.store(out + row * wide * C + at, value, mask=inside)


@triton.jit
def pad_backward(
    grad, out, dx, H, W, P, C: tl.constexpr, ACTIVATION: tl.constexpr, BLOCK: tl.constexpr
):
    """Make BLOCK numbers of a row of `dx`: each sums the padding that repeats it."""
    row = tl.program_id(0).to(tl.int64)
    n, i = row // H, row % H
    tall, wide = H + 2 * P, W + 2 * P
    at = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    c, j = at % C, at // C
    inside = at < W * C
    low = tl.where(i == 0, 0, i + P)
    high = tl.where(i == H - 1, tall, i + P + 1)
    total = tl.zeros((BLOCK,), tl.float32)
    first = tl.program_id(1) * BLOCK // C  # columns of this block
    last = (tl.program_id(1) * BLOCK + BLOCK - 1) // C
    for a in range(low, high):
        line = grad + (n * tall + a) * wide * C + c
        total += tl.load(line + (j + P) * C, mask=inside, other=0.0).to(tl.float32)
        if first == 0:
            left = inside & (j == 0)
            for k in range(P):
                total += tl.load(line + k * C, mask=left, other=0.0).to(tl.float32)
        if last >= W - 1:
            right = inside & (j == W - 1)
            for k in range(P):
                total += tl.load(line + (W + P + k) * C, mask=right, other=0.0).to(tl.float32)
    if ACTIVATION > 0:
        middle = out + ((n * tall + i + P) * wide + j + P) * C + c
        total = _slope(total, tl.load(middle, mask=inside, other=0.0).to(tl.float32), ACTIVATION)
    tl.store(dx + row * W * C + at, total.to(dx.dtype.element_ty), mask=inside)


@triton.jit
def enlarge_forward(
    x, bias, out, H, W, RH, RW, C: tl.constexpr, CP: tl.constexpr, ACTIVATION: tl.constexpr,
    BIAS: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    """Make COLUMNS pixels of a row. RH = (H - 1) / (2 H - 1); CP >= C, a power of 2."""
    row = tl.program_id(0).to(tl.int64)
    tall, wide = 2 * H + 2, 2 * W + 2
    n, a = row // tall, (row % tall).to(tl.int32)
    b = tl.program_id(1) * COLUMNS + tl.arange(0, COLUMNS)
    c = tl.arange(0, CP)[None, :]
    inside = (b < wide)[:, None] & (c < C)
    y = tl.minimum(tl.maximum(a - 1, 0), 2 * H - 1).to(tl.float32) * RH
    s = tl.minimum(tl.maximum(b - 1, 0), 2 * W - 1).to(tl.float32) * RW
    y0 = tl.minimum(y.to(tl.int32), H - 1)
    x0 = tl.minimum(s.to(tl.int32), W - 1)
    fy, fx = y - y0.to(tl.float32), (s - x0.to(tl.float32))[:, None]
    y1, x1 = tl.minimum(y0 + 1, H - 1), tl.minimum(x0 + 1, W - 1)[:, None] * C + c
    x0 = x0[:, None] * C + c
    add = tl.zeros((1, CP), tl.float32)
    if BIAS:
        add += tl.load(bias + c, mask=c < C, other=0.0)
    upper, lower = x + (n * H + y0) * W * C, x + (n * H + y1) * W * C
    v00 = _activate(tl.load(upper + x0, mask=inside, other=0.0).to(tl.float32) + add, ACTIVATION)
    v01 = _activate(tl.load(upper + x1, mask=inside, other=0.0).to(tl.float32) + add, ACTIVATION)
    v10 = _activate(tl.load(lower + x0, mask=inside, other=0.0).to(tl.float32) + add, ACTIVATION)
    v11 = _activate(tl.load(lower + x1, mask=inside, other=0.0).to(tl.float32) + add, ACTIVATION)
    value = (1 - fy) * ((1 - fx) * v00 + fx * v01) + fy * ((1 - fx) * v10 + fx * v11)
    place = out + row * wide * C + b[:, None] * C + c
    tl.store(place, value.to(out.dtype.element_ty), mask=inside)


@triton.jit
def enlarge_backward(
    grad, x, bias, dx, H, W, RH, RW, C: tl.constexpr, CP: tl.constexpr, ACTIVATION: tl.constexpr,
    BIAS: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    """Make COLUMNS pixels of a row of `dx`."""
    row = tl.program_id(0).to(tl.int64)
    n, i = row // H, (row % H).to(tl.int32)
    tall, wide = 2 * H + 2, 2 * W + 2
    j = tl.program_id(1) * COLUMNS + tl.arange(0, COLUMNS)
    c = tl.arange(0, CP)[None, :]
    inside = (j < W)[:, None] & (c < C)
    total = tl.zeros((COLUMNS, CP), tl.float32)
    # Padded rows whose source lies within one of i: at most seven from the first on.
    a0 = tl.maximum(((i - 1).to(tl.float32) / RH).to(tl.int32), 0)
    b0 = tl.maximum(((j - 1).to(tl.float32) / RW).to(tl.int32), 0)
    for p in range(7):
        a = a0 + p
        y = tl.minimum(tl.maximum(a - 1, 0), 2 * H - 1).to(tl.float32) * RH
        wy = tl.maximum(1.0 - tl.abs(y - i.to(tl.float32)), 0.0)
        wy = tl.where(a < tall, wy, 0.0)
        if wy > 0:
            line = grad + (n * tall + a) * wide * C
            for q in tl.static_range(0, 7):
                b = b0 + q
                s = tl.minimum(tl.maximum(b - 1, 0), 2 * W - 1).to(tl.float32) * RW
                wx = tl.maximum(1.0 - tl.abs(s - j.to(tl.float32)), 0.0)
                seen = inside & ((b < wide) & (wx > 0))[:, None]
                value = tl.load(line + b[:, None] * C + c, mask=seen, other=0.0).to(tl.float32)
                total += (wy * wx)[:, None] * value
    at = row * W * C + j[:, None] * C + c
    if ACTIVATION > 0:
        value = tl.load(x + at, mask=inside, other=0.0).to(tl.float32)
        if BIAS:
            value += tl.load(bias + c, mask=c < C, other=0.0)
        total = _slope(total, value, ACTIVATION)
    tl.store(dx + at, total.to(dx.dtype.element_ty), mask=inside)


@triton.jit
def shift_forward(
    products, bias, rates, out, H, W, O: tl.constexpr, OP: tl.constexpr, B: tl.constexpr,
    COLUMNS: tl.constexpr,
):  # fmt: skip
    """Make a padded row of one of B branches. OP >= O outputs, a power of 2."""
    row = tl.program_id(0).to(tl.int64)
    tall, wide = H + 2, W + 2
    n, a = row // tall, (row % tall).to(tl.int32)
    branch = tl.program_id(1)
    rate = tl.load(rates + branch)
    i = tl.minimum(tl.maximum(a - 1, 0), H - 1)
    o = tl.arange(0, OP)[None, :]
    add = tl.load(bias + branch * O + o, mask=o < O, other=0.0)
    for start in range(0, wide, COLUMNS):
        b = start + tl.arange(0, COLUMNS)[:, None]
        j = tl.minimum(tl.maximum(b - 1, 0), W - 1)
        inside = (b < wide) & (o < O)
        total = tl.zeros((COLUMNS, OP), tl.float32) + add
        for tap in tl.static_range(0, 9):
            y = tl.minimum(tl.maximum(i + (tap // 3 - 1) * rate, 0), H - 1)
            x = tl.minimum(tl.maximum(j + (tap % 3 - 1) * rate, 0), W - 1)
            place = ((n * H + y) * W + x) * (B * 9 * O) + (branch * 9 + tap) * O + o
            total += tl.load(products + place, mask=inside, other=0.0).to(tl.float32)
        total = tl.maximum(total, 0.0)
        place = out + ((n * tall + a) * wide + b) * (B * O) + branch * O + o
        tl.store(place, total.to(out.dtype.element_ty), mask=inside)


@triton.jit
def shift_backward(
    grad, rates, dproducts, H, W, O: tl.constexpr, OP: tl.constexpr, B: tl.constexpr,
    COLUMNS: tl.constexpr,
):  # fmt: skip
    """Make a row of one tap of one branch; `grad` is already behind ReLU and padding."""
    row = tl.program_id(0).to(tl.int64)
    n, i = row // H, (row % H).to(tl.int32)
    branch, tap = tl.program_id(1) // 9, tl.program_id(1) % 9
    rate = tl.load(rates + branch)
    dy, dx = (tap // 3 - 1) * rate, (tap % 3 - 1) * rate
    o = tl.arange(0, OP)[None, :]
    # Rows p of the result with clamp(p + dy) == i.
    low = tl.where((i == 0) & (dy < 0), 0, i - dy)
    high = tl.where((i == H - 1) & (dy > 0), H - 1, i - dy)
    low, high = tl.maximum(low, 0), tl.minimum(high, H - 1)
    for start in range(0, W, COLUMNS):
        j = start + tl.arange(0, COLUMNS)[:, None]
        total = tl.zeros((COLUMNS, OP), tl.float32)
        for p in range(low, high + 1):
            line = grad + (n * H + p) * W * (B * O) + branch * O + o
            q = j - dx
            seen = (j < W) & (q >= 0) & (q < W) & (o < O)
            total += tl.load(line + q * (B * O), mask=seen, other=0.0).to(tl.float32)
            # Columns further out than that one, which are clamped to the border.
            edge = tl.where(dx < 0, (j == 0) & (o < O), (j == W - 1) & (o < O))
            for k in range(1, tl.abs(dx) + 1):
                far = tl.where(dx < 0, -dx - k, W - 1 - dx + k) + 0 * j
                seen = edge & (far >= 0) & (far < W)
                total += tl.load(line + far * (B * O), mask=seen, other=0.0).to(tl.float32)
        place = ((n * H + i) * W + j) * (B * 9 * O) + (branch * 9 + tap) * O + o
        tl.store(dproducts + place, total.to(dproducts.dtype.element_ty), mask=(j < W) & (o < O))
