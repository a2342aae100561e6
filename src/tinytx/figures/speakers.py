"""The texts of the head switchboard: two ends of a tale in which two speak, and a question."""

_STORY = (
    "Once upon a time a girl named Mia lived with her aunt on a farm. More than anything, she "
    "wanted a red kite.\nOne sunny morning, Mia put a plum in her pocket and set out to find one. "
    "At last she came to the meadow.\nThere she met a rabbit named Hazel. Next to the rabbit lay a "
    'red kite. "What a fine kite!" said'
)
PROMPTS = {
    "the rabbit’s turn": (f'{_STORY} Mia. "May I have it?" "Can you whistle?" asked', " Hazel"),
    "the girl’s turn": (_STORY, " Mia"),
}
ASK = (
    "It is the rabbit’s turn to speak, and the model knows her name. Which single head must be off "
    "so that it no longer does? How many of the twelve can be off together while Hazel keeps more "
    "than half? Then let the girl speak: is it the same head?"
)
# Tests compute what the answer says.
ANSWER = (
    "Head 1 of block 2. Without it Hazel falls from 99.5 % to less than 0.1 %, and two other "
    "friends of the tales, Moss and Bramble, share nearly all the rest: that an animal speaks is "
    "still known, not which one. No other head alone takes more than half a nat.",
    "Ten. Head 0 of block 0 and head 1 of block 2, with the three MLPs, still give Hazel 87 %; of "
    "the 66 pairs of heads no other leaves her more than 8 %.",
    "No. At the girl’s turn that head can go and Mia keeps 99.7 %; what cannot go is head 0 of "
    "block 2, and head 0 of block 0 again.",
)
