"""Why a model answers as it does, exactly and from its arrays alone."""
