"""A paragraph in each of five languages, written for the pages: the guesser has read none."""

FOREIGN = {
    "German": (
        "Es war einmal ein Mädchen, das lebte mit seinem Vater in einer kleinen Hütte am Rand des "
        "Waldes. Jeden Morgen ging es zum Brunnen, und jeden Abend erzählte der Vater eine "
        "Geschichte von dem Fuchs, der nicht schlafen konnte. Eines Tages kam der Fuchs selbst an "
        "die Tür. „Ich habe meinen Schlüssel verloren“, sagte er, „und nun ist mir kalt.“ Das "
        "Mädchen gab ihm Suppe, und am nächsten Tag suchten sie zusammen."
    ),
    "French": (
        "Il était une fois un garçon qui vivait avec sa grand-mère dans une vieille maison près de "
        "la rivière. Tous les matins il allait chercher du pain, et tous les soirs sa grand-mère "
        "lui racontait une histoire. Un jour, il trouva devant la porte un petit hérisson qui "
        "avait perdu son chemin. « Peux-tu m'aider ? » demanda le hérisson. Le garçon prit une "
        "lampe, et ils partirent ensemble dans la nuit."
    ),
    "Spanish": (
        "Había una vez una niña que vivía con su tía en una casa pequeña cerca del mar. Todas las "
        "mañanas bajaba a la playa, y todas las noches su tía le contaba una historia de barcos. "
        "Un día encontró en la arena una llave muy vieja. «Es mía», dijo un cangrejo, «pero si me "
        "llevas a la isla te la regalo.» La niña buscó una barca, y los dos se fueron juntos."
    ),
    "Russian": (
        "Жила-была девочка, и жила она с дедушкой в маленьком доме на краю леса. Каждое утро она "
        "ходила к колодцу за водой, а каждый вечер дедушка рассказывал ей сказку про лису, которая "
        "не могла уснуть. Однажды лиса сама пришла к двери. «Я потеряла свой ключ», сказала она, "
        "«и теперь мне холодно». Девочка дала ей супу, а утром они вместе пошли искать ключ. "
        "Они нашли его под старым дубом и были очень рады."
    ),
    "Greek": (
        "Μια φορά κι έναν καιρό ένα κορίτσι ζούσε με τον παππού του σε ένα μικρό σπίτι κοντά στη "
        "θάλασσα. Κάθε πρωί πήγαινε στην παραλία και κάθε βράδυ ο παππούς του έλεγε μια ιστορία "
        "για ένα καράβι. Μια μέρα βρήκε στην άμμο ένα παλιό κλειδί. «Είναι δικό μου», είπε ένα "
        "καβούρι, «αλλά σου το χαρίζω». Το κορίτσι πήρε το κλειδί και γύρισε στο σπίτι χαρούμενο."
    ),
}
