"""What the commands do that examine trained networks: evaluate, classify, figures."""

from minidraw.cli.commands import DIGITS, SHIPPED, data_of, painter
from minidraw.errors import UserError

SHIPPED_PLAIN = "mnist-no-attention.npz"
SHIPPED_CLASSIFIER = "cluttered-8.npz"
SCENES = 6  # in figure 5
SHOWN = 50  # pictures in one sheet of looks


def evaluate(arguments):
    from minidraw import kernels
    from minidraw.datasets import carried_path
    from minidraw.estimators import load_estimator
    from minidraw.evaluation import Evaluation
    from minidraw.pictures import curves
    from minidraw.training.workers import Workers

    for name, least in {"samples": 1, "images": 1, "seed": 0}.items():
        given = getattr(arguments, name)
        if given is not None and given < least:
            raise UserError(f"--{name} must be at least {least}, got {given}")
    network = load_estimator(arguments.network or carried_path(SHIPPED))
    model, config = network.model, network.config_
    if not model.GENERATIVE:
        _refuse_painters_options(arguments)
    data = data_of(arguments, network.meta_.get("data", {}))
    split = arguments.split or ("test" if data.test else "valid")
    network.check_fits(data, split)
    print(f"T {config.glimpses}, {network.meta_['which']} weights, {split} set")
    with Workers(arguments.threads) as workers:
        evaluation = Evaluation(
            model,
            network.params_,
            config,
            data.splits[split],
            ops=kernels,
            workers=workers,
            binarize=data.is_fresh(network.binarize, model.GENERATIVE),
            protocol=f"{data.protocol(network.binarize, model.GENERATIVE)}, {split}",
            seed=arguments.seed,
            images=arguments.images,
            progress=True,
        )
        if arguments.bound == "iw":
            print(evaluation.importance_bound(arguments.samples or 1000))
        else:
            print(evaluation.costs(arguments.samples or (4 if model.GENERATIVE else 1)))
        if arguments.out:
            curves.save_nats_per_step(arguments.out, evaluation.kl_per_step())
            print(arguments.out)


def _refuse_painters_options(arguments):
    given = {"bound": arguments.bound == "iw", "samples": arguments.samples, "out": arguments.out}
    for name, value in given.items():
        if value:
            raise UserError(f"a classifier has no latent vectors: leave out --{name}")


def classify(arguments):
    from minidraw import Classifier
    from minidraw.datasets import carried_path, one_picture
    from minidraw.pictures import saving, sheets

    network = Classifier.load(arguments.network or carried_path(SHIPPED_CLASSIFIER))
    shape, settings = network.config_.image_shape, {"invert": arguments.invert, "enlarge": False}
    scanpath = network.scanpath(
        [one_picture(path, shape, **settings)[0] for path in arguments.images]
    )
    for path, likely in zip(arguments.images, scanpath.probabilities, strict=True):
        print(f"{path}: {network.classes_[likely.argmax()]} ({likely.max():.1%})")
    if arguments.out:
        shown = range(min(SHOWN, len(arguments.images)))
        saving.save_png(arguments.out, sheets.render_scanpath(scanpath, index=shown))
        few = len(shown) < len(arguments.images)
        print(f"{arguments.out}: the first {SHOWN}" if few else arguments.out)


def figures(arguments):
    from minidraw import Draw
    from minidraw.datasets import carried_path
    from minidraw.pictures import paper_figures, saving, sheets

    network = painter(arguments)
    data = data_of(arguments, network.meta_.get("data", {}) if arguments.network else DIGITS)
    network.check_fits(data, "train")
    if data.name in paper_figures.FIGURE_NUMBERS:
        if arguments.no_attention or arguments.classifier:
            raise UserError(
                f"no figure of {data.name} shows another network: leave out --no-attention"
                " and --classifier"
            )
        paths = paper_figures.save_figures(arguments.out, network, data.middles, name=data.name)
    else:
        plain = Draw.load(arguments.no_attention or carried_path(SHIPPED_PLAIN))
        scanpath = _scanpath(arguments.classifier or carried_path(SHIPPED_CLASSIFIER))
        paths = paper_figures.save_figures(
            arguments.out, network, data.middles, without_attention=plain
        )
        paths.append(arguments.out / "figure-5.png")
        saving.save_png(paths[-1], sheets.render_scanpath(scanpath))
    for path in paths:
        print(path)
    print(f"training images: the {len(data.train)} of {data.name}")


def _scanpath(path):
    """Where a classifier looks at scenes that nothing has to be downloaded for."""
    from minidraw import Classifier, datasets

    network, scenes = Classifier.load(path), datasets.load("cluttered-digits")
    network.check_fits(scenes, "valid")
    return network.scanpath(scenes.valid.images[:SCENES])
