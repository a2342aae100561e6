"""The texts of the head switchboard: two ends of a tale in which two speak, and a question."""

_STORY = (  # the new line that each story of the training began with
    "\nOnce upon a time a girl named Mia lived with her aunt on a farm. More than anything, she "
    "wanted a red kite.\nOne sunny morning, Mia put a plum in her pocket and set out to find one. "
    "At last she came to the meadow.\nThere she met a rabbit named Hazel. Next to the rabbit lay a "
    'red kite. "What a fine kite!" said'
)
PROMPTS = {
    "the rabbit’s turn": (f'{_STORY} Mia. "May I have it?" "Can you whistle?" asked', " Hazel"),
    "the girl’s turn": (_STORY, " Mia"),
}
ASK = (
    "It is the rabbit’s turn to speak, and the model knows her name. Which heads, off alone, make "
    "it guess another? How many of the twelve can be off together while Hazel keeps more than "
    "half? Then let the girl speak: are they the same?"
)
# Tests compute what the answer says.
ANSWER = (
    "Two. Without head 1 of block 2 Hazel falls from 99.4 % to less than 0.1 %, and two other "
    "friends of the tales, Moss and Bramble, share nearly all the rest: that an animal speaks is "
    "still known, not which one. Without head 0 of block 0 she keeps 13 %, without any other 99 %.",
    "Ten. Those two, with the three MLPs, still give Hazel 88 %; of the 66 pairs of heads no other "
    "leaves her more than 5 %.",
    "One is. At the girl’s turn head 1 of block 2 can go, and Mia keeps 99.9 %; what cannot go is "
    "head 0 of block 2, and head 0 of block 0 again.",
)
