"""What reading a contract leaves unchecked, because it takes long or the version before."""

from __future__ import annotations

from collections.abc import Iterator

from shared.contract import CategoricalFeature, Contract
from shared.contract_changes.renames import Renames
from shared.errors import SettingsError
from shared.ontology import EVERYONE, HumanPhenotypeOntology, terminology


def check_in_full(contract: Contract) -> None:
    """Check codes of terminologies in expressions, and what ``[[renamed]]`` says.

    Raises
    ------
    SettingsError
        Listing everything that is wrong.
    """
    complaints = [*_unknown_terms(contract), *_wrong_renamings(contract)]
    if complaints:
        raise SettingsError(
            f"{contract.name} {contract.version} cannot be used:\n"
            + "\n".join(f"  {complaint}" for complaint in complaints),
            "Correct the lines above in the contract.",
        )


def _unknown_terms(contract: Contract) -> Iterator[str]:
    for feature, system, code in contract.derivation.terms_named():
        known = terminology(system)
        if code in EVERYONE:
            yield f"derived {feature}: every patient has {code}; count the terms instead"
        elif not known.is_known(code):
            yield f"derived {feature}: {system} {known.version()} has no term {code}"
        elif isinstance(known, HumanPhenotypeOntology) and known.current(code) != code:
            yield f"derived {feature}: {code} is {known.current(code)} today"


def _wrong_renamings(contract: Contract) -> Iterator[str]:
    renames = Renames(contract)
    for each in contract.renamed:
        if each.target is not None:
            old, now, known = each.target, renames.target(each.target), set(contract.classes)
            what = f"renamed class {old}"
        elif each.code is not None:
            feature = contract.recorded.get(str(each.feature))
            if not isinstance(feature, CategoricalFeature):
                yield f"renamed code {each.code}: {each.feature} is no categorical feature"
                continue
            old, now = each.code, renames.code(feature.name, each.code)
            known = {value.code for value in feature.codes}
            what = f"renamed code {old} of {feature.name}"
        else:
            old, now = str(each.feature), renames.feature(str(each.feature))
            known, what = set(contract.recorded), f"renamed feature {old}"
        if old in known:
            yield f"{what}: the name is in use"
        elif now not in known:
            yield f"{what}: there is no {each.to}"
