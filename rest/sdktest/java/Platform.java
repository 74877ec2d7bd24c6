import static java.util.stream.Collectors.toList;

import io.portone.sdk.server.PortOneClient;
import io.portone.sdk.server.common.Bank;
import io.portone.sdk.server.common.Gender;
import io.portone.sdk.server.common.PageInput;
import io.portone.sdk.server.errors.IdentityVerificationNotFoundException;
import io.portone.sdk.server.errors.PgProviderException;
import io.portone.sdk.server.errors.PlatformPartnerNotFoundException;
import io.portone.sdk.server.identityverification.IdentityVerificationClient;
import io.portone.sdk.server.identityverification.IdentityVerificationMethod;
import io.portone.sdk.server.identityverification.IdentityVerificationOperator;
import io.portone.sdk.server.identityverification.IdentityVerificationVerifiedCustomer;
import io.portone.sdk.server.identityverification.ReadyIdentityVerification;
import io.portone.sdk.server.identityverification.SendIdentityVerificationBodyCustomer;
import io.portone.sdk.server.identityverification.VerifiedIdentityVerification;
import io.portone.sdk.server.platform.PlatformClient;
import io.portone.sdk.server.platform.PlatformContract;
import io.portone.sdk.server.platform.PlatformFeeInput;
import io.portone.sdk.server.platform.PlatformFixedRateFee;
import io.portone.sdk.server.platform.PlatformPartner;
import io.portone.sdk.server.platform.PlatformPartnerFilterInput;
import io.portone.sdk.server.platform.PlatformPartnerTaxationType;
import io.portone.sdk.server.platform.PlatformPartnerTypeBusiness;
import io.portone.sdk.server.platform.PlatformPartnerTypeWhtPayer;
import io.portone.sdk.server.platform.PlatformPayer;
import io.portone.sdk.server.platform.PlatformSettlementCycleDatePolicy;
import io.portone.sdk.server.platform.PlatformSettlementCycleInput;
import io.portone.sdk.server.platform.PlatformSettlementCycleMethodDaily;
import io.portone.sdk.server.platform.PlatformSettlementCycleMethodDailyInput;
import io.portone.sdk.server.platform.PlatformSettlementCycleMethodInput;
import io.portone.sdk.server.platform.partner.CreatePlatformPartnerBodyAccount;
import io.portone.sdk.server.platform.partner.CreatePlatformPartnerBodyContact;
import io.portone.sdk.server.platform.partner.CreatePlatformPartnerBodyType;
import io.portone.sdk.server.platform.partner.CreatePlatformPartnerBodyTypeBusiness;
import io.portone.sdk.server.platform.partner.CreatePlatformPartnerBodyTypeWhtPayer;
import io.portone.sdk.server.platform.partner.PartnerClient;
import io.portone.sdk.server.platform.transfer.PlatformManualTransfer;
import io.portone.sdk.server.platform.transfer.PlatformManualTransferSummary;
import io.portone.sdk.server.platform.transfer.PlatformTransferFilterInput;
import io.portone.sdk.server.platform.transfer.PlatformTransferFilterInputKeyword;
import io.portone.sdk.server.platform.transfer.PlatformTransferSummary;
import io.portone.sdk.server.platform.transfer.PlatformTransferType;
import io.portone.sdk.server.platform.transfer.TransferClient;
import java.util.List;

/** Identity verifications, partners and transfers. */
final class Platform {
  private static final String PARTNER = "파트너 1";

  private final IdentityVerificationClient verifications;
  private final PlatformClient platform;
  private final PartnerClient partners;
  private final TransferClient transfers;
  private final Check check;

  Platform(PortOneClient client, Check check) {
    verifications = client.getIdentityVerification();
    platform = client.getPlatform();
    partners = platform.getPartner();
    transfers = platform.getTransfer();
    this.check = check;
  }

  void verifyAnIdentity() throws Exception {
    String id = "본인인증-1";
    SendIdentityVerificationBodyCustomer person = new SendIdentityVerificationBodyCustomer(null, "홍길동", "01012345678", "9001311", "127.0.0.1");
    verifications.sendIdentityVerification(
        id, Shop.CHANNEL, person, null, null, IdentityVerificationOperator.Kt.INSTANCE, IdentityVerificationMethod.Sms.INSTANCE).get();
    ReadyIdentityVerification ready = Check.isA(ReadyIdentityVerification.class, verifications.getIdentityVerification(id).get());
    Check.equal(ready.getRequestedCustomer().getName(), "홍길동");
    Check.fails(PgProviderException.class, verifications.confirmIdentityVerification(id, "999999"));
    Check.equal(verifications.confirmIdentityVerification(id, "000000").get().getIdentityVerification().getId(), id);
    VerifiedIdentityVerification got = Check.isA(VerifiedIdentityVerification.class, verifications.getIdentityVerification(id).get());
    IdentityVerificationVerifiedCustomer customer = got.getVerifiedCustomer();
    Check.equal(customer.getName(), "홍길동");
    Check.equal(customer.getBirthDate(), "1990-01-31");
    Check.equal(customer.getGender(), Gender.Male.INSTANCE);
    Check.equal(customer.getOperator(), IdentityVerificationOperator.Kt.INSTANCE);
    Check.equal(customer.isForeigner(), false);
    check.isNow(got.getVerifiedAt());
    Check.fails(IdentityVerificationNotFoundException.class, verifications.getIdentityVerification("nobody's"));
  }

  private void createContract() throws Exception {
    PlatformSettlementCycleInput cycle = new PlatformSettlementCycleInput(
        3, PlatformSettlementCycleDatePolicy.HolidayBefore.INSTANCE,
        new PlatformSettlementCycleMethodInput(PlatformSettlementCycleMethodDailyInput.INSTANCE, null, null, null));
    PlatformContract contract = platform.getPolicy().createPlatformContract(
        true, "contract-1", "기본 계약", null, new PlatformFeeInput(10000, null), cycle, PlatformPayer.Partner.INSTANCE, false).get().getContract();
    Check.equal(contract.getPlatformFee(), new PlatformFixedRateFee(10000));
    Check.isA(PlatformSettlementCycleMethodDaily.class, contract.getSettlementCycle().getMethod());
    Check.equal(contract.isForTest(), true);
  }

  private PlatformPartner create(String id, String name, CreatePlatformPartnerBodyType type, List<String> tags) throws Exception {
    return partners.createPlatformPartner(
        true, id, name, new CreatePlatformPartnerBodyContact("김데모", null, "partner@sandbox.example"),
        new CreatePlatformPartnerBodyAccount(Bank.Kookmin.INSTANCE, Build.won(), "12345678901234", "김데모", null),
        "contract-1", null, tags, type, null).get().getPartner();
  }

  private List<PlatformPartner> list(PageInput page, List<String> tags) throws Exception {
    PlatformPartnerFilterInput filter = new PlatformPartnerFilterInput(null, tags, null, null, null, null, null, null, null, null, null, null);
    return partners.getPlatformPartners(true, page, filter).get().getItems();
  }

  void partners() throws Exception {
    createContract();
    CreatePlatformPartnerBodyTypeBusiness business = new CreatePlatformPartnerBodyTypeBusiness(
        "데모 커피", PlatformPartnerTaxationType.Normal.INSTANCE, "1234567891", "김데모", null, null, null, null);
    Check.equal(create(PARTNER, "데모 커피", new CreatePlatformPartnerBodyType(business, null, null), List.of("카페")).getId(), PARTNER);
    CreatePlatformPartnerBodyTypeWhtPayer person = new CreatePlatformPartnerBodyTypeWhtPayer("1990-01-31");
    Check.isA(PlatformPartnerTypeWhtPayer.class, create("partner-2", "이데모", new CreatePlatformPartnerBodyType(null, person, null), List.of()).getType());

    PlatformPartner got = partners.getPlatformPartner(PARTNER, true).get();
    Check.equal(Check.isA(PlatformPartnerTypeBusiness.class, got.getType()).getCompanyName(), "데모 커피");
    Check.equal(got.getTags(), List.of("카페"));
    Check.equal(got.getAccount().getBank(), Bank.Kookmin.INSTANCE);
    Check.equal(got.isArchived(), false);
    check.isNow(got.getAppliedAt());
    Check.equal(list(null, List.of("카페")).stream().map(PlatformPartner::getId).collect(toList()), List.of(PARTNER));
    Check.equal(list(new PageInput(0, 10), null).stream().map(PlatformPartner::getId).sorted().collect(toList()), List.of("partner-2", PARTNER));

    PlatformPartner updated = partners.updatePlatformPartner(PARTNER, true, null, null, null, null, "메모", List.of(), null, null).get().getPartner();
    Check.equal(updated.getTags(), List.of());
    Check.equal(updated.getMemo(), "메모");
    Check.fails(PlatformPartnerNotFoundException.class, partners.getPlatformPartner(PARTNER, false));
  }

  private static PlatformTransferFilterInput manualTransfersOf(String partner) {
    PlatformTransferFilterInputKeyword keyword =
        new PlatformTransferFilterInputKeyword(null, null, null, null, null, null, partner, null, null, null, null);
    return new PlatformTransferFilterInput(
        null, null, null, null, null, null, null, null, List.of(PlatformTransferType.Manual.INSTANCE), null, null, keyword, null);
  }

  void transfers() throws Exception {
    PlatformManualTransfer made = transfers.createPlatformManualTransfer(true, PARTNER, "수기", 50000, null, "2026-03-05", null, null, null, null)
        .get().getTransfer();
    Check.equal(made.getSettlementAmount(), 50000L);
    Check.equal(made.getSettlementDate(), "2026-03-05");
    PlatformManualTransfer got = Check.isA(PlatformManualTransfer.class, transfers.getPlatformTransfer(made.getId(), true).get());
    Check.equal(got.getPartner().getName(), "데모 커피");
    List<PlatformTransferSummary> listed = transfers.getPlatformTransferSummaries(true, null, manualTransfersOf(PARTNER)).get().getTransferSummaries();
    Check.equal(listed.size(), 1);
    Check.equal(Check.isA(PlatformManualTransferSummary.class, listed.get(0)).getSettlementAmount(), 50000L);
    String file = transfers.downloadPlatformTransferSheet(true, new PlatformTransferFilterInput(), List.of("PARTNER_ID", "TRANSFER_SETTLEMENT_AMOUNT")).get();
    Check.equal(file.replace("\ufeff", ""), "파트너 아이디,정산 금액\n파트너 1,50000\n");
    Check.equal(transfers.downloadPlatformTransferSheet(true, null, null).get().contains(",수기,"), true);
  }
}
