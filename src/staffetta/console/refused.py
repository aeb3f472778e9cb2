"""A form that is not obeyed: the field that cannot be taken, and why, in words to translate."""


class Refused(Exception):
    """A field of a form that cannot be taken; "" is no field.

    The sentence is English, and translated when it is shown.
    """

    def __init__(self, field: str, sentence: object, *, may_force: bool = False) -> None:
        super().__init__(str(sentence))
        self.field = field
        self.may_force = may_force  # the operator may insist
