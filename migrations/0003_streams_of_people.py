from tortoise import migrations

from hub.store.migrating import RunDialectSQL

OPEN = """insert into streams (id, epoch) select id, {epoch} from users
          where not exists (select 1 from streams where streams.id = users.id)"""


class Migration(migrations.Migration):
    dependencies = [("models", "0002_log_and_indexes")]
    initial = False

    operations = [
        RunDialectSQL(
            postgres=[OPEN.format(epoch="cast(floor(random() * 4611686018427387904) as bigint)")],
            sqlite=[OPEN.format(epoch="random() & 4611686018427387903")],
        ),
    ]
