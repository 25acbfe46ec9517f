from hub.store.loaders import Loader
from hub.subjects.tables import subjects

subject_by_id = Loader(subjects, "id")
